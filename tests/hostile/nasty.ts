/** Values and texts that have broken parsers before, and frames to put them in. */

/** So many levels that whoever walks them by recursion runs out of stack. */
export const DEEP = 100_000;

export function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

/** As JSON text, for most of them cannot be written as a value. */
export const NASTY_JSON: readonly string[] = [
  ...["null", "true", "0", "-0", "-1", "1.5", "1e400", "-1e400", "1e-400", "9007199254740993"],
  ...["9".repeat(400), "1".repeat(5000), "0.1e1", "[]", "{}", "[[]]", '[null,{"a":[]}]'],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u202e"',
    '"\\ufeff"',
    '"\\n\\r"',
  ],
  ...['"\\u001b[31m"', '"__proto__"', '"constructor"', '"toString"', '"../../etc/passwd"'],
  ...['"/user/1"', '"\'; DROP TABLE inbox; --"', '"%s%n"', '"${7*7}"', '"<script>"', '"NaN"'],
  ...['{"__proto__":{"type":"ping"}}', '{"toString":1}', '{"toJSON":1}', '{"length":1e9}'],
  ...[`"${"x".repeat(200)}"`, `"${"😀".repeat(100)}"`, nested(50), `{"a":${nested(20)}}`],
];

export const FIELDS: readonly string[] = [
  ...["type", "user_id", "room", "message", "name", "id", "ref", "ids", "all", "since", "offset"],
  ...["epoch", "limit", "before", "replay", "inbox", "timestamp", "deliver_at", "from", "unread"],
  ...["__proto__", "constructor", "prototype", "hasOwnProperty", ""],
];

/** Good frames of version 1 to spoil. */
export const FRAMES_V1: readonly string[] = [
  '{"type":"usermsg","user_id":1,"room":"lobby","message":"Hello!","name":"Alice"}',
  '{"type":"usermsg","id":"a1b2c3d4","user_id":1,"room":"lobby","message":"Hello!"}',
  '{"type":"keepalive","user_id":1,"room":"lobby","name":"Alice"}',
  '{"type":"leave","room":"lobby"}',
  '{"type":"presence","room":"lobby"}',
  '{"type":"ping"}',
];

/** Good frames of version 2. */
export const FRAMES_V2: readonly string[] = [
  '{"type":"connect","ref":1,"user_id":1,"name":"Alice","inbox":{"offset":1,"epoch":"x"}}',
  '{"type":"subscribe","ref":2,"room":"lobby","since":{"offset":1,"epoch":"x"},"replay":true}',
  '{"type":"publish","ref":3,"room":"lobby","message":"Hello!","id":"my-message-1"}',
  '{"type":"unsubscribe","ref":4,"room":"lobby"}',
  '{"type":"identity","ref":5,"token":"x"}',
  '{"type":"history","ref":5,"room":"lobby","limit":10}',
  '{"type":"presence","ref":6,"room":"lobby"}',
  '{"type":"inbox","ref":7,"before":10,"limit":10,"unread":true}',
  '{"type":"ack","ref":8,"ids":["a","b"]}',
  '{"type":"read","ref":9,"all":true}',
  '{"type":"archive","ref":10,"ids":["a"]}',
  '{"type":"delete","ref":11,"ids":["a"]}',
];

/** Good bodies of `POST /api/notifications`. */
export const BODIES: readonly string[] = [
  '{"user_id":1,"room":"lobby","message":"Hello!","from":"Shop","timestamp":1700000000}',
  '{"user_id":"x","message":"Hello!","id":"order-12345"}',
  '{"user_id":1,"message":"Later","deliver_at":4102444800}',
];
