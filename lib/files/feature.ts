/** Files, as a capability of the server: uploaded by users and applications, and used in messages and notifications. */
import { Questions } from "../asks/questions.ts";
import { DatabaseClock } from "../engines/database/database_clock.ts";
import { store as storeSettings } from "../engines/settings.ts";
import type { Feature } from "../feature.ts";
import { described } from "../http/openapi/described.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { net } from "../net/settings.ts";
import { downloadsApi, filesApi } from "./api.ts";
import { Thumbnails } from "./content/thumbnails.ts";
import { downloads } from "./downloads.ts";
import { Files } from "./files.ts";
import { fileCounters, fileRefusals } from "./metrics.ts";
import { fileRoutes } from "./routes.ts";
import { files as settings } from "./settings.ts";
import { openStore } from "./store/open.ts";
import { FILE_TABLES } from "./tables.ts";
import { Thumbnailing } from "./thumbnailing.ts";
import { tusRoutes } from "./tus.ts";
import { FileData } from "./user_data.ts";

export const filesFeature = {
  name: "files",
  settings,
  tables: FILE_TABLES,
  madeAtStart: ["file_secret"],
  async open({ node, engine: { storage }, database, of, use }) {
    const config = of(settings);
    const questions = use(Questions);
    const counters = fileCounters();
    const store = await openStore(config, of(storeSettings).dataDir);
    const thumbnails = config.thumbnails ? await Thumbnails.open(config) : undefined;
    // The sweep begins with the server, and measures it.
    const shared = database.dialect === "postgres" ? new DatabaseClock(database) : undefined;
    const own = () => storage.kind === "sqlite" ? storage.clock.now() : Date.now();
    const now = () => shared?.now() ?? own();
    const { basePath } = of(listeners);
    const service = new Files({
      ...{ database, store, config, counters, basePath, now },
      measure: async () => await shared?.measure(),
      ask: () => questions.asks("file") ? (file, url) => questions.file(file, url) : undefined,
    });
    return {
      services: [service],
      routes: described(
        [...fileRoutes(service), ...tusRoutes(service, config.maxBytes)],
        filesApi(of(limits)),
      ),
      mounts: ({ calls }) => [{
        path: "/files",
        app: downloads({
          ...{ files: service, calls },
          thumbnailing: new Thumbnailing({ database, store, counters, thumbnails }),
          ...{ origins: of(net).origins, refusals: node.refusals },
        }),
        about: downloadsApi(),
      }],
      pageCalls: config.s3?.isDirect ? [config.s3.endpoint] : [],
      // The page says what is too much before it sends anything.
      clientConfig: () => ({
        files: {
          max_bytes: Number.isFinite(config.maxBytes) ? config.maxBytes : null,
          types: config.types,
        },
      }),
      userData: new FileData(service, database, now),
      tasks: [service.sweeper],
      refusals: fileRefusals(),
      metrics: [
        ...Object.values(counters),
        {
          ...{ name: "uploads_open", type: "gauge" },
          help: "Uploads that come right now.",
          read: () => service.coming,
        },
        {
          ...{ name: "uploads_waiting", type: "gauge" },
          help: "Uploads that wait for memory before they go on to a bucket.",
          read: () => store.waiting ?? 0,
        },
      ],
      whyNotReady: () => store.whyNotReady(),
      async start() {
        // Where the database cannot be reached yet, the first link waits for it.
        await service.links.load().catch(() => {});
      },
      async [Symbol.asyncDispose]() {
        await thumbnails?.[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  },
} satisfies Feature;
