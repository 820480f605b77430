// A WebSocket that comes back. onFrame(header, payload) for each frame, onChange(open, reason)
// when the line comes or goes; reason is one of WORDS; it comes back by itself after "lost" and "crowded".
import { decode } from "./wire.js";

export const WORDS = {
  lost: "Connection lost, trying again",
  unknown: "This run is not here any more",
  foreign: "The server does not answer pages of this address",
  hasty: "This page asked too much at once; load it again",
  crowded: "Too many pages are open just now; close some that you do not need",
};
const REASONS = { 4403: "foreign", 4404: "unknown", 4429: "hasty", 4430: "crowded" };

const CROWDED = 10000; // ms until a page tries again that was one too many

export class Socket {
  constructor(path, { onFrame, onChange }) {
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.onFrame = onFrame;
    this.onChange = onChange;
    this.wait = 500;
    this.closed = false;
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(this.url));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.onChange(true, "");
    };
    socket.onmessage = (event) => {
      this.wait = 500;
      const { header, payload } = decode(event.data);
      this.onFrame(header, payload);
    };
    socket.onclose = (event) => {
      if (this.closed) return;
      const reason = REASONS[event.code] ?? "lost";
      this.onChange(false, reason);
      if (reason === "crowded") this.wait = CROWDED;
      else if (reason !== "lost") return;
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(10000, 2 * this.wait);
    };
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  // returns whether it could be sent
  send(message) {
    if (!this.open) return false;
    this.socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
    return true;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }
}
