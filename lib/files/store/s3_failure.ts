/** What is wrong where a request to S3 fails, for the operator: it names the setting that is wrong, and never its secret. */
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import type { S3Config } from "../settings.ts";
import { AppendFailure } from "./file_store.ts";
import { textOf } from "./s3_xml.ts";

export class S3Failure extends Error {
  override readonly name = "S3Failure";

  constructor(
    message: string,
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    /** As S3 names it, such as "NoSuchKey"; "" where it says none. */
    readonly code: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || TEMPORARY.has(this.code) ||
      this.status >= 500 && !this.isFull && !this.isUnknown;
  }

  get isFull(): boolean {
    return this.status === 507 || /full|quota|insufficientcapacity/i.test(this.code);
  }

  /** The store has no such request. */
  get isUnknown(): boolean {
    return this.status === 501 || this.status === 405 || this.code === "NotImplemented";
  }

  /** What is asked for is not there, but the bucket is. */
  get isMissing(): boolean {
    return this.status === 404 && this.code !== "NoSuchBucket";
  }
}

const TEMPORARY: ReadonlySet<string> = new Set(["RequestTimeout", "OperationAborted", "SlowDown"]);

export function unreachable(config: S3Config, error: unknown): S3Failure {
  const text = `the store at ${config.endpoint} cannot be reached: ${reasonOf(error)}`;
  return new S3Failure(text, 0, "", error);
}

/** @param xml the body of the answer; "" where it has none, as with HEAD */
export function refused(config: S3Config, response: Response, xml: string): S3Failure {
  const code = textOf(xml, "Code") || response.headers.get("x-amz-error-code") || "";
  const { status } = response;
  const region = response.headers.get("x-amz-bucket-region") ?? textOf(xml, "Region");
  return new S3Failure(meaning(config, { status, code, region }), status, code);
}

function meaning(
  { endpoint, bucket, region: own }: S3Config,
  { status, code, region }: { status: number; code: string; region: string },
): string {
  const answer = `the store at ${endpoint} answers ${status}${code === "" ? "" : ` ${code}`}`;
  switch (code) {
    case "InvalidAccessKeyId":
      return `${answer}: it does not know the key of FILES_S3_KEY`;
    case "SignatureDoesNotMatch":
      return `${answer}: FILES_S3_SECRET is not the secret of FILES_S3_KEY`;
    case "NoSuchBucket":
      return `${answer}: it has no bucket ${JSON.stringify(bucket)}, which FILES_S3_BUCKET names`;
    case "RequestTimeTooSkewed":
      return `${answer}: the clocks of this machine and of the store differ`;
    case "AuthorizationHeaderMalformed":
    case "AuthorizationQueryParametersError":
    case "PermanentRedirect":
      return `${answer}: FILES_S3_REGION is ${own}${
        region === "" ? "" : `, the bucket's ${region}`
      }`;
  }
  if (status === 301) return `${answer}: FILES_S3_REGION or FILES_S3_ENDPOINT is not the bucket's`;
  if (status === 401 || status === 403) {
    return `${answer}: the key may not do this in the bucket ${JSON.stringify(bucket)}`;
  }
  return answer;
}

/** As those know it who do not write: what failed may go well later. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof S3Failure)) return error;
  return new CodedError("unavailable", `The files cannot be reached: ${error.message}`, {
    cause: error,
  });
}

/** As those know it who write. */
export function appendFailure(error: unknown, safe: number): AppendFailure {
  if (error instanceof AppendFailure) return new AppendFailure(error.reason, safe, error.cause);
  const isFull = error instanceof S3Failure && error.isFull;
  return new AppendFailure(isFull ? "full" : "store", safe, error);
}
