/** The settings of files: where they are, how large and how many they may be, and how long links and unused files last. */
import { ConfigError } from "../base/config_error.ts";
import {
  duration,
  limit,
  listOf,
  onOff,
  optional,
  secret,
  sizeOrOff,
  text,
} from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface FilesConfig {
  /** The folder of files; absent: `files` in the data folder. */
  readonly dir: string | undefined;
  /** The bucket where files are instead of a folder. */
  readonly s3: S3Config | undefined;
  /** Bytes of one file; `Infinity` for no limit, as with all of these. */
  readonly maxBytes: number;
  readonly userBytes: number;
  readonly userFiles: number;
  readonly siteBytes: number;
  readonly siteFiles: number;
  /** Media types that may be uploaded, such as `image/*`; all of them where there is none. */
  readonly types: readonly string[];
  /** Most pixels of an image. */
  readonly pixels: number;
  /** Seconds that a file is kept which nothing uses, and an upload that nobody goes on with. */
  readonly unusedSeconds: number;
  /** Seconds that a link lasts at the least; at most twice as long. */
  readonly linkSeconds: number;
  /** Whether thumbnails are made, where `sharp` can be loaded. */
  readonly thumbnails: boolean;
}

export interface S3Config {
  /** Without the bucket, such as "https://s3.example.com". */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly secret: string;
  /** Stands before all keys, such as "notifyli/"; may be empty. */
  readonly prefix: string;
  /** Whether browsers get files from the store itself, and bring large ones there, by its links. */
  readonly isDirect: boolean;
  /** Bytes of uploads that are in memory on their way to the bucket. */
  readonly memoryBytes: number;
}

const endpoint = {
  allowed: "an http or https URL without path, user or query, such as https://s3.example.com",
  test: (text: string) => {
    const url = URL.parse(text);
    return url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" &&
      url.username + url.password + url.search + url.hash === "";
  },
  parse: (text: string) => text.replace(/\/$/, ""),
};

/** One upload has a piece of 8 MiB in memory. */
const LEAST_MEMORY = 16 * 1024 * 1024;

const pieces = {
  ...sizeOrOff,
  allowed: "a number of bytes from 16m on, such as 256m or 1g, or off",
  test: (text: string) => sizeOrOff.test(text) && sizeOrOff.parse(text) >= LEAST_MEMORY,
};

const types = listOf(
  "media types such as image/*, application/pdf",
  (each) => /^[a-z]+\/(\*|[a-z0-9][a-z0-9.+-]*)$/.test(each),
);

export const files = slice({
  name: "files",
  title: "Files",
  settings: {
    FILES_DIR: {
      default: "",
      help: "Folder of uploaded files, which all nodes share; without it `files` in APP_DATA_DIR",
      kind: text,
    },
    FILES_S3_ENDPOINT: {
      default: "",
      help: "S3-compatible store for files in place of a folder, such as `https://s3.example.com`",
      kind: optional(endpoint),
    },
    FILES_S3_BUCKET: { default: "", help: "Bucket of the files", kind: text },
    FILES_S3_REGION: { default: "us-east-1", help: "Region of the bucket", kind: text },
    FILES_S3_KEY: { default: "", help: "Access key id of the bucket", kind: text },
    FILES_S3_SECRET: { default: "", help: "Secret access key of the bucket", kind: secret },
    FILES_S3_PREFIX: {
      default: "",
      help: "Stands before all keys, such as `notifyli/`",
      kind: text,
    },
    FILES_S3_DIRECT: {
      default: "false",
      help:
        "Whether files are got from the bucket itself, and large ones brought there, by signed links",
      kind: onOff,
    },
    FILES_S3_MEMORY: {
      default: "256m",
      help: "Bytes of uploads in memory, on their way to the bucket; others wait, at least `16m`",
      kind: pieces,
    },
    FILES_MAX_BYTES: { default: "100m", help: "Bytes of one file", kind: sizeOrOff },
    FILES_USER_BYTES: { default: "1g", help: "Bytes of one user's files", kind: sizeOrOff },
    FILES_USER_COUNT: { default: "10000", help: "Files of one user", kind: limit },
    FILES_SITE_BYTES: { default: "off", help: "Bytes of a site's files", kind: sizeOrOff },
    FILES_SITE_COUNT: { default: "off", help: "Files of a site", kind: limit },
    FILES_TYPES: {
      default: "",
      help:
        "Media types that may be uploaded, by their bytes: `image/*,application/pdf`; all if empty",
      kind: types,
    },
    FILES_IMAGE_PIXELS: { default: "50000000", help: "Pixels of an image", kind: limit },
    FILES_UNUSED: {
      default: "1d",
      help: "How long a file is kept that nothing uses, and an upload that nobody goes on with",
      kind: duration,
    },
    FILES_LINK: {
      default: "1d",
      help: "How long a link to a file lasts at the least; twice as long at the most",
      kind: duration,
    },
    FILES_THUMBNAILS: {
      default: "true",
      help: "Whether images have thumbnails, where `sharp` is installed",
      kind: onOff,
    },
  },
  config: (read): FilesConfig => {
    const endpoint = read.value("FILES_S3_ENDPOINT");
    const dir = read.value("FILES_DIR");
    if (endpoint !== undefined && dir !== "") {
      throw new ConfigError("Cannot keep files in two places: FILES_DIR and FILES_S3_ENDPOINT");
    }
    return {
      dir: dir === "" ? undefined : dir,
      s3: endpoint === undefined ? undefined : {
        endpoint,
        bucket: needed("FILES_S3_BUCKET", read.value("FILES_S3_BUCKET")),
        region: read.value("FILES_S3_REGION"),
        key: needed("FILES_S3_KEY", read.value("FILES_S3_KEY")),
        secret: needed("FILES_S3_SECRET", read.value("FILES_S3_SECRET")),
        prefix: read.value("FILES_S3_PREFIX"),
        isDirect: read.value("FILES_S3_DIRECT"),
        memoryBytes: read.value("FILES_S3_MEMORY"),
      },
      maxBytes: read.value("FILES_MAX_BYTES"),
      userBytes: read.value("FILES_USER_BYTES"),
      userFiles: read.value("FILES_USER_COUNT"),
      siteBytes: read.value("FILES_SITE_BYTES"),
      siteFiles: read.value("FILES_SITE_COUNT"),
      types: read.value("FILES_TYPES"),
      pixels: read.value("FILES_IMAGE_PIXELS"),
      unusedSeconds: read.value("FILES_UNUSED"),
      linkSeconds: read.value("FILES_LINK"),
      thumbnails: read.value("FILES_THUMBNAILS"),
    };
  },
});

function needed(name: string, value: string): string {
  if (value !== "") return value;
  throw new ConfigError(`Missing ${name}: FILES_S3_ENDPOINT needs it`);
}
