const region = () => document.getElementById("announcements");

/** Says it to screen readers, once. What is shown is not repeated by it: only what changed without being looked at. */
export function announce(text: string): void {
  const element = region();
  if (element === null) return;
  // The same text twice is only said again when the region was empty in between.
  element.textContent = "";
  setTimeout(() => {
    element.textContent = text;
  }, 50);
}
