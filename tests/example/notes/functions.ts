/** The Lua of notes: one atomic step each. */
import { type Functions, lua } from "../../../lib/engines/redis/functions.ts";
import NOTE_ADD from "./note_add.lua" with { type: "text" };

export const NOTE_FUNCTIONS = { add: lua(NOTE_ADD) } satisfies Functions;
