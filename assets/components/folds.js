// What is folded on the page stays so, in this browser.

export function folded(store) {
  try {
    return localStorage.getItem(store) === "yes";
  } catch {
    return false; // a browser that stores nothing
  }
}

export function fold(store, yes) {
  try {
    localStorage.setItem(store, yes ? "yes" : "no");
  } catch {
    // as above
  }
}
