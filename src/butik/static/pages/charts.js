// Draws a table's figures as bars. The table is the truth and stays beneath for those who read it; when it is swapped
// for a newer one, the bars move with it.
(() => {
  const charts = new Map();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const numbers = (table, column) => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.minor) / 100);

  const paint = (chart) => {
    const [today, before] = chart.data.datasets;
    today.backgroundColor = colour("--butik-ok");
    before.backgroundColor = colour("--butik-before");
    for (const scale of Object.values(chart.options.scales)) {
      scale.ticks.color = colour("--butik-secondary");
      scale.grid = { color: colour("--butik-grid") };
    }
    chart.options.plugins.legend.labels.color = colour("--butik-secondary");
  };

  const draw = () => {
    for (const holder of document.querySelectorAll("[data-chart-of]")) {
      const table = document.getElementById(holder.dataset.chartOf);
      holder.hidden = !table || table.tBodies[0].rows.length === 0;
      if (holder.hidden) continue;
      const labels = [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim());
      const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
      let chart = charts.get(holder);
      if (!chart) {
        chart = new Chart(holder.querySelector("canvas"), {
          type: "bar",
          data: { labels, datasets: [{ label: names[1] }, { label: names[2] }] },
          options: {
            animation: false,
            maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false },
            plugins: { legend: { position: "bottom", labels: { boxWidth: 14 } } },
            scales: { x: { ticks: {} }, y: { beginAtZero: true, ticks: { maxTicksLimit: 6 } } },
            locale: document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang,
          },
        });
        charts.set(holder, chart);
      }
      chart.data.labels = labels;
      chart.data.datasets[0].data = numbers(table, 1);
      chart.data.datasets[1].data = numbers(table, 2);
      paint(chart);
      chart.update();
    }
  };

  document.addEventListener("butik:theme", draw);
  document.addEventListener("htmx:load", draw);
  draw();
})();
