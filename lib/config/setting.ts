/** Describes a setting once: README, `.env.example` and `notifyli check` take the description from here. */
import type { SettingKind } from "./kinds.ts";

export interface Setting<Value = unknown> {
  /** The default as a user would write it; empty if there is none. */
  readonly default: string;
  /** Says in one sentence what the setting does. */
  readonly help: string;
  readonly kind: SettingKind<Value>;
  /** Whether a new value counts without a restart. @default false */
  readonly reloadable?: true;
  /** Present on a setting that keeps people out. */
  readonly guard?: Guard;
}

/** Settings by their names; `Values` has the meaning of each. */
export type Settings<Values = Record<string, unknown>> = {
  readonly [Name in keyof Values]: Setting<Values[Name]>;
};

/** The meanings of settings, by their names. */
export type ValuesOf<Each extends Settings> = {
  readonly [Name in keyof Each]: Each[Name] extends Setting<infer Value> ? Value : never;
};

/** Without the setting more people may come in than somebody meant, so the start stops where it seems to be lost. */
export interface Guard {
  /** Names of settings, this one among them, any one of which keeps people out. @default this one alone */
  readonly oneOf?: readonly string[];
  /** If present, the start stops also where the setting is given and empty. */
  readonly empty?: {
    /** The name of a setting that says `true` where the empty value is meant. */
    readonly unless: string;
    /** Ends the message with the consequence and the remedy. */
    readonly why: string;
  };
}
