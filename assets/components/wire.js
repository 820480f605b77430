// The browser's end of gan_lab/runs/wire.py: 4 bytes little-endian length of the header, the
// header as JSON with at least "kind", the payload.

export function decode(buffer) {
  if (buffer.byteLength < 4) throw new Error("a frame has at least 4 bytes");
  const length = new DataView(buffer).getUint32(0, true);
  if (length > buffer.byteLength - 4) throw new Error("the frame is shorter than its header says");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (header === null || typeof header !== "object" || !("kind" in header)) {
    throw new Error("the header must be an object with a kind");
  }
  return { header, payload: new Uint8Array(buffer, 4 + length) };
}

export function encode(kind, header, payload = new Uint8Array()) {
  const text = new TextEncoder().encode(JSON.stringify({ kind, ...header }));
  const frame = new Uint8Array(4 + text.length + payload.length);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 4);
  frame.set(payload, 4 + text.length);
  return frame.buffer;
}

// float32, little-endian; copied, because a payload begins where its header happened to end
export function floats(payload) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const values = new Float32Array(payload.byteLength / 4);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
  return values;
}
