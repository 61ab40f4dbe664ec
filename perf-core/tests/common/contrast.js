// What can hardly be seen on the page as it stands: words below WCAG's ratios for their size, marks below 3 against the paper.
const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
const rgba = (colour) => { const [r, g, b, a] = numbers(colour); return [r || 0, g || 0, b || 0, a === undefined ? 1 : a]; };
const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
const light = (colour) => {
  const [r, g, b] = colour.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const paper = rgba(getComputedStyle(document.body).backgroundColor);
const isText = (e) => e.localName === "text" || e.localName === "tspan";

// What one element paints beneath what stands on it.
const painted = (e) => {
  const style = getComputedStyle(e);
  if (!(e instanceof SVGElement)) return rgba(style.backgroundColor);
  const shape = ["rect", "path", "circle"].includes(e.localName) && style.fill !== "none";
  if (!shape) return [0, 0, 0, 0];
  const [r, g, b, a] = rgba(style.fill);
  return [r, g, b, a * Number(style.fillOpacity) * Number(style.opacity)];
};
const backdrop = (e, x, y) => {
  const stack = document.elementsFromPoint(x, y).filter((each) => !isText(each));
  return stack.reverse().reduce((under, each) => over(painted(each), under), paper);
};
const within = (x, y) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;

const words = [];
let judged = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode;
  const e = node.parentElement;
  if (!node.data.trim() || e.closest("script, style, title, .unseen") || !e.checkVisibility()) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const middle = () => {
    const box = range.getClientRects()[0];
    return box && box.width >= 1 ? [box.left + Math.min(box.width / 2, 3), box.top + box.height / 2] : null;
  };
  if (!middle()) continue;
  if (!within(...middle())) e.scrollIntoView({ block: "center", inline: "center" });
  const [x, y] = middle();
  // Cut off by the box it stands in: nobody sees it.
  const own = e.closest("svg.icicle > svg");
  if (own && !document.elementsFromPoint(x, y).some((each) => own.contains(each))) continue;
  if (!within(x, y)) { words.push(`cannot be scrolled to: ${node.data.slice(0, 40)}`); continue; }
  judged += 1;
  const style = getComputedStyle(e);
  const under = style.paintOrder.startsWith("stroke") ? rgba(style.stroke) : backdrop(e, x, y);
  const [r, g, b, a] = rgba(isText(e) ? style.fill : style.color);
  const shown = ratio(over([r, g, b, a * Number(style.opacity)], under), under);
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  if (shown < needed) words.push(`${shown.toFixed(2)}: ${node.data.slice(0, 40)} (${e.localName}.${e.getAttribute("class")})`);
}

// Lines across a plot and between rows only help the eye.
const marks = [];
const seen = [...document.querySelectorAll("svg line, svg path, svg rect, svg circle, input, button, .key")];
seen.filter((e) => e.checkVisibility() && !e.matches(".grid, .beneath, thead button")).forEach((e) => {
  const style = getComputedStyle(e);
  const inks = e instanceof SVGElement
    ? [style.fill, style.stroke].filter((ink) => ink !== "none").map(rgba)
    : [rgba(style.borderTopColor)];
  const best = Math.max(0, ...inks.map((ink) => ratio(over(ink, paper), paper)));
  if (best < 3) marks.push(`${best.toFixed(2)}: ${e.localName}.${e.getAttribute("class")} in ${e.parentElement.getAttribute("class")}`);
});
// A box of the call tree shows its focus by its edge.
const focused = document.activeElement.matches(".icicle svg") && document.activeElement.querySelector("rect");
if (focused) {
  const style = getComputedStyle(focused);
  const edge = ratio(rgba(style.stroke), rgba(style.fill));
  if (edge < 3 || parseFloat(style.strokeWidth) < 3) marks.push(`${edge.toFixed(2)}: the focus`);
}
scrollTo(0, 0);
return [judged, [...new Set(words)], [...new Set(marks)]];
