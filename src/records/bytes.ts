/** Bytes as the records need them: hexadecimal both ways, UTF-8, joined, compared. No platform beyond the language. */

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);
const encoder = new TextEncoder();

/** SHA-256 of `bytes`, 32 bytes. The pure rooms take it as an argument. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/** Value of a hexadecimal digit by its character code. */
const VALUES = new Uint8Array(128);
for (let value = 0; value < 16; value++) {
  VALUES[value.toString(16).charCodeAt(0)] = value;
  VALUES[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** @param hex an even number of hexadecimal digits */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  writeHex(bytes, 0, hex);
  return bytes;
}

/** Writes the bytes of `hex` from `offset` on. */
export function writeHex(target: Uint8Array, offset: number, hex: string): void {
  for (let index = 0; index < hex.length; index += 2) {
    const high = VALUES[hex.charCodeAt(index)] ?? 0;
    target[offset + (index >> 1)] = (high << 4) | (VALUES[hex.charCodeAt(index + 1)] ?? 0);
  }
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
