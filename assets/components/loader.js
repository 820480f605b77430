// The whole of every component as Streamlit sees it: fetch the real module once, then hand it
// each new set of data. A module exports mount(root, component) -> { update(component), close() }.
const mounted = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  let slot = mounted.get(root);
  if (slot) {
    slot.latest = component;
    slot.instance?.update(component);
    return slot.close;
  }
  slot = { latest: component, instance: null, gone: false };
  slot.close = () => {
    slot.gone = true;
    slot.instance?.close();
    mounted.delete(root);
  };
  mounted.set(root, slot);
  import(new URL(component.data.module, location.href).href).then(
    (module) => {
      if (!slot.gone) slot.instance = module.mount(root, slot.latest);
    },
    () => {
      root.textContent = "This part of the page could not be fetched. Please reload the page.";
    },
  );
  return slot.close;
}
