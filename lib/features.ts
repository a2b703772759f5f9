/** The features of all capabilities, in the order in which they are opened: each may use those before it. */
import { adminFeature } from "./admin/feature.ts";
import { adminSessionFeature } from "./admin/session/feature.ts";
import { asksFeature } from "./asks/feature.ts";
import { audiencesFeature } from "./audiences/feature.ts";
import { authFeature } from "./auth/feature.ts";
import { keysFeature } from "./auth/keys/feature.ts";
import { revocationsFeature } from "./auth/revocations/feature.ts";
import { backupFeature } from "./backup/feature.ts";
import { contactsFeature } from "./contacts/feature.ts";
import { conversationsFeature } from "./conversations/feature.ts";
import { chatNoticesFeature } from "./chat_notices/feature.ts";
import type { Feature } from "./feature.ts";
import { filesFeature } from "./files/feature.ts";
import { hooksFeature } from "./hooks/feature.ts";
import { inboxFeature } from "./inbox/feature.ts";
import { observeFeature } from "./observe/feature.ts";
import { presenceFeature } from "./presence/feature.ts";
import { chatProtocolFeature } from "./protocols/chat/feature.ts";
import { preferencesFeature } from "./preferences/feature.ts";
import { protocolsFeature } from "./protocols/feature.ts";
import { madeRoomsFeature } from "./rooms/made/feature.ts";
import { roomsFeature } from "./rooms/feature.ts";
import { pushFeature } from "./push/feature.ts";
import { pushProvidersFeature } from "./push/providers/feature.ts";
import { topicsFeature } from "./topics/feature.ts";
import {
  amqpFeature,
  bridgeFeature,
  publicationsFeature,
  publicationStreamFeature,
  streamFeature,
} from "./ways/feature.ts";

export const FEATURES = [
  observeFeature,
  asksFeature,
  keysFeature,
  revocationsFeature,
  authFeature,
  roomsFeature,
  madeRoomsFeature,
  topicsFeature,
  audiencesFeature,
  filesFeature,
  backupFeature,
  preferencesFeature,
  inboxFeature,
  presenceFeature,
  pushProvidersFeature,
  pushFeature,
  contactsFeature,
  conversationsFeature,
  chatNoticesFeature,
  protocolsFeature,
  chatProtocolFeature,
  hooksFeature,
  publicationsFeature,
  bridgeFeature,
  streamFeature,
  publicationStreamFeature,
  amqpFeature,
  adminFeature,
  adminSessionFeature,
] as const satisfies readonly Feature[];
