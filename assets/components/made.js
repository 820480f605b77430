// Small things that a tool is made of; words go in as text, never as HTML.

export function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

export function button(text, onclick, title = "") {
  const made = element("button", "", text);
  Object.assign(made, { type: "button", onclick });
  if (title) made.title = title;
  return made;
}

// every tile of an encoded mosaic as a data URL
export async function tilesOf(payload, { mime, tile, columns, count }) {
  const bitmap = await createImageBitmap(new Blob([payload], { type: mime }));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = tile;
  const context = canvas.getContext("2d");
  const found = Array.from({ length: count }, (_, i) => {
    const [x, y] = [(i % columns) * tile, Math.floor(i / columns) * tile];
    context.clearRect(0, 0, tile, tile);
    context.drawImage(bitmap, x, y, tile, tile, 0, 0, tile, tile);
    return canvas.toDataURL();
  });
  bitmap.close();
  return found;
}
