/** For tests: CIDs, and waiting without sleeping. */

/** Waits until `condition` holds, and says what it waited for when it never does. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A CID as a record may name it, one for each number. */
export function fakeCid(number: number): string {
  const digits = number.toString(2).replaceAll('0', 'a').replaceAll('1', 'b');
  return `bafkrei${digits.padStart(52, 'a')}`;
}
