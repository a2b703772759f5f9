/** What is said of a setting, once: README, `.env.example` and `notifyli check` have it from here. */
import type { Kind } from "./kinds.ts";

export interface Setting<Value = unknown> {
  /** As one writes it; empty for none. */
  readonly default: string;
  /** What it is, in one sentence. */
  readonly help: string;
  readonly kind: Kind<Value>;
  /** Of a setting that keeps people out. */
  readonly guard?: Guard;
}

/** Settings by their names; `Values` is what each of them means. */
export type Settings<Values = Record<string, unknown>> = {
  readonly [Name in keyof Values]: Setting<Values[Name]>;
};

/** What settings mean, by their names. */
export type ValuesOf<Each extends Settings> = {
  readonly [Name in keyof Each]: Each[Name] extends Setting<infer Value> ? Value : never;
};

/** Without a value of the setting more people may come in than somebody meant: where it is lost, the start stops. */
export interface Guard {
  /** The names of settings any one of which keeps them out, itself among them; by default it does so alone. */
  readonly oneOf?: readonly string[];
  /** Stops the start also where the setting is given and empty. */
  readonly empty?: {
    /** A setting that is `true` where just that is meant. */
    readonly unless: string;
    /** What comes of it, and what mends it: the end of the message. */
    readonly why: string;
  };
}
