/** The settings of presence. */
import { presence } from "../../lib/presence/settings.ts";
import { testSlice } from "../support/settings.ts";

testSlice(presence, {
  defaults: { offlineSeconds: 10 },
  every: { APP_OFFLINE_SECONDS: "30" },
  config: { offlineSeconds: 30 },
});
