/** The part of lean-qr that the till uses, for the type checker only: this file is not served. */

export interface Code {
  /** Modules on each side, without a margin. */
  size: number;
  /** Whether a module is dark. */
  get: (x: number, y: number) => boolean;
}

export const correction: { L: 0; M: 1; Q: 2; H: 3 };

export function generate(text: string, options?: { minCorrectionLevel?: 0 | 1 | 2 | 3 }): Code;
