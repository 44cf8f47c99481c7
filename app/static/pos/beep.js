/** The two sounds of a till. */

/** @type {AudioContext | null} */
let audio = null;

/** Beep: high when an article was added, low for an error. Silent where the browser forbids sound. @param {boolean} isGood */
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
    // No sound device: the message on the screen is enough.
  }
}
