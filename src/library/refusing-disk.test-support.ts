/** A system that refuses some of its calls in this thread, as a full, locked or foreign disk does. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

type Call = 'link' | 'rename' | 'open' | 'access' | 'mkdir' | 'stat' | 'statfs';

/** `when` sees what the call got; it may also do something first. Returns the way to end it; the test's end ends it too. */
export function refuse(
  test: TestContext,
  call: Call,
  code: string,
  when: (...parameters: readonly string[]) => boolean = () => true,
): () => void {
  return replaceCall(test, call, (real, parameters) => {
    if (!when(...(parameters as string[]))) return real(...parameters);
    return Promise.reject(Object.assign(new Error(`${code}: refused by the test`), { code }));
  });
}

export function replaceCall(
  test: TestContext,
  call: Call,
  replacement: (
    real: (...parameters: unknown[]) => Promise<unknown>,
    parameters: readonly unknown[],
  ) => Promise<unknown>,
): () => void {
  const real = fs.promises[call] as (...parameters: unknown[]) => Promise<unknown>;
  const put = (value: unknown) => {
    Object.assign(fs.promises, { [call]: value });
    syncBuiltinESMExports();
  };
  put((...parameters: unknown[]) => replacement(real, parameters));
  const end = () => put(real);
  test.after(end);
  return end;
}
