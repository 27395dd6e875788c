/** A failure at a border: a stable code, its details and its cause. Outcomes inside are data, bugs are assertions. */
import { isReasonCode, REASONS, type ReasonCode } from './reasons.ts';
import { PROBLEMS, type ProblemCode } from './table.ts';

export type Language = 'en' | 'es';
type Plain = string | number;
type Listed = Plain | Readonly<Record<string, Plain>>;
/** One of several things that are wrong, and where it stands: `anillo.yaml:12`, `--port`. */
export interface Complaint {
  readonly where?: string;
  readonly reason: ReasonCode;
  readonly [detail: string]: Plain;
}

/** A text that is a code of the table of reasons is said in the reader's language. A list, such as candidates, is whole here for programs; people are shown its beginning, one a line. */
export type ProblemDetails = Readonly<Record<string, Plain | readonly Listed[]>>;

const LINES_SHOWN_MAX = 50;
/** Of what a remote sent. */
const DETAILS_MAX = 16;
const TEXT_MAX_CHARACTERS = 4096;
const LISTED_MAX = 1000;

/** RFC 9457 problem, `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly details: ProblemDetails;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, details: ProblemDetails = {}, cause?: unknown) {
    super(describe(code, details, 'en'), cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get exitCode(): number {
    return PROBLEMS[this.code].exitCode;
  }

  /** What happened and what to do, in one sentence or two. */
  text(language: Language): string {
    return describe(this.code, this.details, language);
  }

  toDocument(): ProblemDocument {
    return {
      type: `urn:anillo:problem:${this.code}`,
      title: this.code.replaceAll('_', ' '),
      status: this.status,
      code: this.code,
      detail: this.message,
      details: this.details,
    };
  }

  /** Reads a problem that a remote sent; anything else becomes `internal`. */
  static fromDocument(document: unknown): Problem {
    if (typeof document === 'object' && document !== null && 'code' in document) {
      const { code, details } = document as { code: unknown; details?: unknown };
      if (typeof code === 'string' && Object.hasOwn(PROBLEMS, code)) {
        return new Problem(code as ProblemCode, readDetails(details));
      }
    }
    return new Problem('internal', { reason: 'the answer was not understood' });
  }

  /** `error` as a problem: itself, or `internal` with the error as cause. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem('internal', { reason: error instanceof Error ? error.message : String(error) }, error);
  }
}

function describe(code: ProblemCode, details: ProblemDetails, language: Language): string {
  return PROBLEMS[code][language]
    .replace(/\{(\w+)\}/g, (_, key: string) => shown(details[key] ?? '', details, language))
    .trim();
}

/** @param beside the details that a reason's own sentence names */
function shown(detail: Plain | readonly Listed[], beside: ProblemDetails, language: Language): string {
  if (typeof detail !== 'object') return sayReason(String(detail), beside, language);
  const lines = detail.slice(0, LINES_SHOWN_MAX).map((listed) => `  ${lineOf(listed, language)}`);
  const more = detail.length - LINES_SHOWN_MAX;
  return (more > 0 ? [...lines, `  … +${more}`] : lines).join('\n');
}

function lineOf(listed: Listed, language: Language): string {
  if (typeof listed !== 'object') return String(listed);
  const { where, reason } = listed;
  if (typeof reason !== 'string' || !isReasonCode(reason)) return Object.values(listed).join('  ');
  const said = sayReason(reason, listed, language);
  return where === undefined ? said : `${where}: ${said}`;
}

function sayReason(text: string, beside: ProblemDetails, language: Language): string {
  if (!isReasonCode(text)) return text;
  return REASONS[text][language].replace(/\{(\w+)\}/g, (_, key: string) => String(beside[key] ?? ''));
}

function readDetails(details: unknown): ProblemDetails {
  if (typeof details !== 'object' || details === null) return {};
  const read: Record<string, Plain | Listed[]> = {};
  for (const [key, value] of Object.entries(details).slice(0, DETAILS_MAX)) {
    if (Array.isArray(value)) read[key] = value.slice(0, LISTED_MAX).flatMap(readListed);
    else if (isPlain(value)) read[key] = cut(value);
  }
  return read;
}

/** Empty when it is nothing that a list holds. */
function readListed(value: unknown): Listed[] {
  if (isPlain(value)) return [cut(value)];
  if (typeof value !== 'object' || value === null) return [];
  const plain = Object.entries(value).filter((entry): entry is [string, Plain] => isPlain(entry[1]));
  return [Object.fromEntries(plain.slice(0, DETAILS_MAX).map(([key, field]) => [key, cut(field)]))];
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'string' || typeof value === 'number';
}

function cut(value: Plain): Plain {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX_CHARACTERS) : value;
}
