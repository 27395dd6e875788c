/**
 * The `Data` message of an inner node of a file (UnixFS specification, protobuf): type `File`, the file's size, the size
 * below each link; nothing else. Written here because the npm package `ipfs-unixfs` 13.1 gets sizes from 2 GiB up to
 * 4 GiB wrong (its `protons-runtime` 7.1 takes them for negative), and such a file would get a CID that nobody else gives.
 */

/** Field numbers 1, 3 and 4 with wire type 0 (varint). */
const TYPE = 0x08;
const FILE_SIZE = 0x18;
const BLOCK_SIZE = 0x20;
const TYPE_FILE = 2;

const VARINT_BYTES_MAX = 8; // Enough for every size that a `number` holds exactly.

/** @param blockSizes bytes of the file below each link, in order */
export function encodeFileData(blockSizes: readonly number[]): Uint8Array {
  const bytes: number[] = [TYPE, TYPE_FILE, FILE_SIZE];
  pushVarint(
    bytes,
    blockSizes.reduce((sum, size) => sum + size, 0),
  );
  for (const size of blockSizes) {
    bytes.push(BLOCK_SIZE);
    pushVarint(bytes, size);
  }
  return Uint8Array.from(bytes);
}

/** The sizes below the links; null unless `bytes` are exactly what `encodeFileData` writes. */
export function decodeFileData(bytes: Uint8Array): number[] | null {
  if (bytes[0] !== TYPE || bytes[1] !== TYPE_FILE || bytes[2] !== FILE_SIZE) return null;
  const fileSize = readVarint(bytes, 3);
  const blockSizes: number[] = [];
  let at = fileSize.end;
  while (bytes[at] === BLOCK_SIZE) {
    const size = readVarint(bytes, at + 1);
    blockSizes.push(size.value);
    at = size.end;
  }
  const isWhole = blockSizes.every(Number.isSafeInteger) && Number.isSafeInteger(fileSize.value);
  return isWhole && Buffer.compare(encodeFileData(blockSizes), bytes) === 0 ? blockSizes : null;
}

function pushVarint(bytes: number[], value: number): void {
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) + 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
}

/** `NaN` for one that is cut or too long. */
function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let length = 0; length < VARINT_BYTES_MAX; length += 1) {
    const byte = bytes[start + length];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 0x80 ** length;
    if (byte < 0x80) return { value, end: start + length + 1 };
  }
  return { value: Number.NaN, end: bytes.length };
}
