/** Writes docs/problems.md from the table in src/problems: the codes that programs may rely on. */
import { writeFileSync } from 'node:fs';
import { PROBLEMS } from '../src/problems/table.ts';

const head = `# Problems

Every failure that leaves a process has a stable \`code\`. REST answers carry it in an RFC 9457 document
(\`application/problem+json\`), gRPC in the metadata \`anillo-code\`, commands end with the exit code. Braces stand for details.

| code | HTTP | exit | says |
|---|---|---|---|
`;
const rows = Object.entries(PROBLEMS)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([code, row]) =>
      `| \`${code}\` | ${row.status} | ${row.exitCode} | ${row.en.replaceAll('\n', ' ').replaceAll('|', '\\|')} |`,
  );
writeFileSync(new URL('../docs/problems.md', import.meta.url), `${head}${rows.join('\n')}\n`);
