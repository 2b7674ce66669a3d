// <figure data-chart="lines|bars">: its own table, drawn by ECharts; a click follows the link of the cell it falls on.
// The table stays, closed; on paper and without scripts it stands for itself.
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const read = (table) => {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells]);
  return {
    names: [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim()),
    lines: rows.map(([head]) => head.textContent.trim()),
    columns: rows.length
      ? rows[0].slice(1).map((_, place) => rows.map((cells) => cells[place + 1]))
      : [],
  };
};

const MANY = 6;
const LONG = 18;

// Bars with names lie, so that the names can be read; months stand.
const isLying = (kind, lines) => kind === "bars" && !/^\d{4}-\d{2}$/.test(lines[0]);

const option = (kind, { names, lines, columns }, lies) => {
  const ink = token("--ink");
  const colours = [token("--accent"), token("--good"), token("--warn")];
  const many = lines.length > MANY;
  const label = { color: ink, fontFamily: token("--letters"), fontSize: 12 };
  const categories = {
    type: "category",
    data: lines,
    inverse: lies,
    axisLabel: { ...label, interval: lies || !many ? 0 : "auto", width: lies ? 88 : undefined, overflow: "truncate" },
    axisLine: { lineStyle: { color: token("--line-strong") } },
    axisTick: { show: false },
  };
  const numbers = {
    type: "value",
    minInterval: 1,
    axisLabel: label,
    splitLine: { lineStyle: { color: token("--line") } },
  };
  return {
    animation: false,
    color: colours,
    textStyle: { fontFamily: token("--letters"), color: ink },
    grid: { left: 8, right: 24, top: names.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
    legend: { show: names.length > 1, top: 0, right: 8, textStyle: label, icon: "roundRect" },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: token("--surface"),
      borderColor: token("--line-strong"),
      textStyle: { color: ink, fontSize: 13 },
      axisPointer: { type: kind === "bars" ? "shadow" : "line" },
    },
    xAxis: lies ? numbers : categories,
    yAxis: lies ? categories : numbers,
    series: columns.map((cells, place) => ({
      name: names[place],
      type: kind === "bars" ? "bar" : "line",
      data: cells.map((cell) => Number(cell.textContent)),
      barMaxWidth: 22,
      // Told apart without colour, too.
      symbol: place ? "rect" : "circle",
      symbolSize: 8,
      lineStyle: { width: 2, type: place ? "dashed" : "solid" },
      label: kind === "bars" ? { show: true, position: lies ? "right" : "top", color: ink } : { show: false },
    })),
  };
};

// The link of the line that was clicked in; of several columns, the one whose point is nearest.
const follow = ({ columns }, [x, y], lies) => {
  const [line, value] = lies ? [y, x] : [x, y];
  const far = (cell) => Math.abs(Number(cell.textContent) - value);
  const [cell] = columns.map((cells) => cells[line]).sort((one, other) => far(one) - far(other));
  const link = cell?.querySelector("a");
  if (link) location.assign(link.href);
};

const draw = (figure) => {
  const table = read(figure.querySelector("table"));
  if (!table.lines.length) return;
  const place = document.createElement("div");
  place.className = "chart-place";
  place.setAttribute("aria-hidden", "true");
  place.classList.toggle("long", table.lines.length > LONG);
  figure.querySelector("details").before(place);
  figure.querySelector("details").open = false;
  const chart = window.echarts.init(place, null, { renderer: "svg" });
  const lies = isLying(figure.dataset.chart, table.lines);
  const paint = () => chart.setOption(option(figure.dataset.chart, table, lies), true);
  // On paper the drawing is fitted to the sheet.
  chart.on("finished", () =>
    place.querySelector("svg").setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`),
  );
  paint();
  const board = chart.getZr();
  const inside = ({ offsetX, offsetY }) => chart.containPixel("grid", [offsetX, offsetY]);
  board.on("mousemove", (event) => board.setCursorStyle(inside(event) ? "pointer" : "default"));
  board.on("click", (event) => {
    if (inside(event)) follow(table, chart.convertFromPixel("grid", [event.offsetX, event.offsetY]), lies);
  });
  new ResizeObserver(() => chart.resize()).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
};

if (window.echarts) document.querySelectorAll("figure[data-chart]").forEach(draw);
