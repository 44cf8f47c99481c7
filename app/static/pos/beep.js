/** The two sounds of a till. */

let audio = null;

/** Beep: high for "rung up", low for "no". Silent where the browser wants it so. */
export function beep(isGood) {
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.06;
    tone.type = isGood ? "sine" : "square";
    tone.frequency.value = isGood ? 1320 : 180;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (isGood ? 0.07 : 0.3));
  } catch {
    // No sound device: the words on the screen have to do.
  }
}
