"use strict";
// Turns the headings of sortable tables into buttons. Empty cells and failed cases stay last in both directions.
const number = (text) => {
  const match = text.replaceAll(",", "").replaceAll("−", "-").match(/^[<+]?\s*(-?\d+(\.\d+)?)/);
  return match ? Number(match[1]) : NaN;
};
const compare = (left, right) => {
  const [a, b] = [number(left), number(right)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  return left.localeCompare(right);
};
const sort = (table, column, descending) => {
  const body = table.tBodies[0];
  const rows = [...body.rows].filter((row) => !row.classList.contains("failed"));
  const text = (row) => row.cells[column].textContent.trim();
  const full = rows.filter((row) => text(row) !== "");
  full.sort((one, other) => compare(text(one), text(other)) * (descending ? -1 : 1));
  const rest = [...body.rows].filter((row) => !full.includes(row));
  body.append(...full, ...rest);
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort(table, column, descending);
      const order = descending ? "descending" : "ascending";
      document.getElementById("announcement").textContent = `sorted by ${head.textContent}, ${order}`;
    });
  });
}
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
