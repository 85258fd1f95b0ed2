// The loss over the steps, as a line. Scaled to what was seen; the newest value stands in words for those who do not see.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 60;

export class Curve {
  constructor() {
    this.element = document.createElementNS(SVG, "svg");
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("role", "img");
    this.element.classList.add("curve");
    this.line = document.createElementNS(SVG, "polyline");
    this.mark = document.createElementNS(SVG, "line");
    this.mark.setAttribute("y1", "0");
    this.mark.setAttribute("y2", String(HEIGHT));
    this.mark.classList.add("mark");
    this.element.append(this.mark, this.line);
  }

  /**
   * @param {Map<number, number>|undefined} points loss by step
   * @param {number} steps of the whole run
   * @param {number|null} shown step whose picture is shown
   */
  draw(points, steps, shown) {
    const all = [...(points ?? [])];
    this.element.toggleAttribute("hidden", all.length < 2);
    if (all.length < 2) return;
    const values = all.map(([, loss]) => loss);
    const least = Math.min(...values);
    const range = Math.max(...values) - least || 1;
    const x = (step) => (WIDTH * step) / Math.max(1, steps);
    const y = (loss) => 3 + (HEIGHT - 6) * (1 - (loss - least) / range);
    this.line.setAttribute("points", all.map(([step, loss]) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(" "));
    const place = x(shown ?? all.at(-1)[0]).toFixed(1);
    this.mark.setAttribute("x1", place);
    this.mark.setAttribute("x2", place);
    this.element.setAttribute("aria-label", `Loss: ${values[0].toPrecision(3)} at first, ${values.at(-1).toPrecision(3)} now`);
  }
}
