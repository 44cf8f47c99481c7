/** One tab per browser is the till: two tabs over the same stored sales would overwrite each other. */

/**
 * Claim the till for this page. Returns a function that takes it over from another one.
 * Without a secure context there are no locks, and a page whose site data is blocked is
 * denied them; then every page gets the till.
 * @param {{onClaimed: () => void, onTaken: (state: {wasClaimed: boolean}) => void}} options
 *   `onClaimed` runs when the till is this page's, `onTaken` when another page has or takes it.
 */
export function claimTill({ onClaimed, onTaken }) {
  /** @param {LockOptions} options */
  const claim = async (options) => {
    if (!navigator.locks) {
      onClaimed();
      return;
    }
    let isDenied = true;
    try {
      await navigator.locks.request("acme-till", options, (lock) => {
        isDenied = false;
        if (!lock) return onTaken({ wasClaimed: false });
        onClaimed();
        return new Promise(() => {}); // Until the page goes, or another one takes the lock.
      });
    } catch {
      // Pages that are denied the lock share no stored sales either: no other page conflicts.
      if (isDenied) onClaimed();
      else onTaken({ wasClaimed: true });
    }
  };
  claim({ ifAvailable: true });
  return () => claim({ steal: true });
}
