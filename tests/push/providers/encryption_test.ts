/** The encryption of Web Push against the example of RFC 8291, and what its length says. */
import assert from "node:assert/strict";
import { createECDH } from "node:crypto";
import fc from "fast-check";
import { encrypted, MOST_PLAIN_BYTES } from "../../../lib/push/providers/encryption.ts";
import { decrypted } from "../../support/push/web_push_service.ts";

/** RFC 8291, appendix A. */
const EXAMPLE = {
  text: "When I grow up, I want to be a watermelon",
  sender: {
    private: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    public:
      "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
  },
  receiver: {
    private: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
    public:
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
  salt: "DGv6ra1nlYgDCS1FRnbzlw",
  body:
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWA" +
    "mS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulc" +
    "y4a-fN",
};

Deno.test("encrypted() makes the example of RFC 8291, byte for byte", async () => {
  const { receiver, salt, text } = EXAMPLE;
  const body = await encrypted(
    new TextEncoder().encode(text),
    { p256dh: bytes(receiver.public), auth: bytes(receiver.auth) },
    { padding: 0, fresh: { keys: await senderKeys(), salt: bytes(salt) } },
  );
  assert.equal(body.toBase64({ alphabet: "base64url", omitPadding: true }), EXAMPLE.body);
});

Deno.test("any text comes out as it went in, and its length shows in steps alone", async () => {
  const ecdh = createECDH("prime256v1");
  ecdh.generateKeys();
  const auth = crypto.getRandomValues(new Uint8Array(16));
  const receiver = { p256dh: new Uint8Array(ecdh.getPublicKey()), auth };
  const lengths = fc.integer({ min: 0, max: MOST_PLAIN_BYTES });
  await fc.assert(
    fc.asyncProperty(lengths, async (length) => {
      const text = "x".repeat(length);
      const body = await encrypted(new TextEncoder().encode(text), receiver);
      assert.equal(decrypted(body, { ecdh, auth }), text);
      const step = (body.length - 86 - 16) / 512;
      assert.ok(Number.isInteger(step) || body.length === 4096, `${length}: ${body.length} bytes`);
      assert.ok(body.length <= 4096);
    }),
    { numRuns: 60, examples: [[0], [1], [511], [512], [MOST_PLAIN_BYTES]] },
  );
});

Deno.test("two messages with the same text have nothing in common", async () => {
  const { receiver, text } = EXAMPLE;
  const keys = { p256dh: bytes(receiver.public), auth: bytes(receiver.auth) };
  const [one, other] = await Promise.all(
    [1, 2].map(() => encrypted(new TextEncoder().encode(text), keys)),
  );
  assert.notDeepEqual(one?.slice(0, 16), other?.slice(0, 16));
  assert.notDeepEqual(one?.slice(21, 86), other?.slice(21, 86));
});

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

async function senderKeys(): Promise<CryptoKeyPair> {
  const { public: point, private: d } = EXAMPLE.sender;
  const raw = bytes(point);
  const [x, y] = [raw.slice(1, 33), raw.slice(33)]
    .map((each) => each.toBase64({ alphabet: "base64url", omitPadding: true }));
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const jwk = { kty: "EC", crv: "P-256", x, y, d };
  return {
    publicKey: await crypto.subtle.importKey("raw", raw, curve, true, []),
    privateKey: await crypto.subtle.importKey("jwk", jwk, curve, true, ["deriveBits"]),
  };
}
