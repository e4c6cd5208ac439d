"""Frame and style of the page of dashboards: it stands alone, loads nothing and runs nothing."""

from string import Template

FRAME = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
body { margin: 0; background: #f3f5f8; color: #1c2430; font: 14px/1.45 system-ui, sans-serif; }
main { max-width: 1480px; margin: 0 auto; padding: 26px 24px 60px; }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; }
h1 { font-size: 26px; margin: 0; }
h2 { font-size: 21px; margin: 40px 0 0; padding-top: 14px; border-top: 2px solid #d5dbe2; }
h3 { grid-column: 1 / -1; font-size: 15px; margin: 16px 0 0; color: #414c5a; }
p { margin: 0; }
.badge { border-radius: 999px; padding: 2px 12px; color: #fff; font-weight: 600; font-size: 13px; }
.badge.good { background: #1a7f4b; }
.badge.unsure { background: #9a6700; }
.lead { color: #414c5a; margin: 6px 0 12px; }
.quiet { color: #5b6675; font-size: 13px; }
nav { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 14px; }
nav a { background: #fff; border: 1px solid #d5dbe2; border-radius: 999px; padding: 4px 14px;
  color: #1d5fa8; text-decoration: none; font-weight: 600; }
.alert { border-left: 4px solid #b36b00; background: #fff6e8; border-radius: 6px; margin: 0 0 6px;
  padding: 7px 14px; overflow-wrap: anywhere; }
.alert.critical { border-color: #c0362c; background: #fdf0ee; }
.alert.info { border-color: #2463a6; background: #eef5fc; }
.alert.calm { border-color: #1a7f4b; background: #edf7f1; }
.grid { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 10px; }
figure { margin: 0; background: #fff; border: 1px solid #dfe3e8; border-radius: 8px;
  padding: 9px 12px 8px; min-width: 0; box-sizing: border-box; min-height: calc(var(--rows) * 31px);
  display: flex; flex-direction: column; }
figcaption { font-weight: 600; font-size: 13.5px; margin-bottom: 6px; display: flex; gap: 7px;
  justify-content: space-between; align-items: start; }
.why { flex: none; border: 1px solid #b9c1ca; border-radius: 50%; width: 15px; height: 15px;
  font: 600 10px/15px Georgia, serif; text-align: center; color: #5b6675; cursor: help; }
.big { font-size: 30px; font-weight: 650; line-height: 1.2; margin: auto 0; white-space: nowrap;
  font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.wide { grid-column: 1 / -1; margin-top: 6px; }
.none { margin: auto; color: #7b8592; }
svg { width: 100%; height: auto; display: block; }
.rule { stroke: #e9edf1; }
.zero { stroke: #aab3bd; }
.tick { font-size: 11px; fill: #66707d; text-anchor: middle; }
.end { text-anchor: end; }
.start { text-anchor: start; }
ul { list-style: none; margin: 5px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 1px 14px;
  font-size: 12px; color: #414c5a; }
li b { font-weight: 600; color: #1c2430; font-variant-numeric: tabular-nums; }
li i { display: inline-block; width: 14px; border-top: 3px solid var(--colour);
  vertical-align: middle; margin-right: 5px; }
li i.dashed { border-top: 2px dashed var(--colour); }
.scroll { overflow: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums;
  font-size: 13px; }
th, td { text-align: left; padding: 3px 8px 3px 0; white-space: nowrap; }
thead th { color: #5b6675; font-size: 12px; border-bottom: 1px solid #dfe3e8; }
tbody td { border-bottom: 1px solid #f0f2f5; }
.bargauge th { font-weight: 400; max-width: 190px; overflow: hidden; text-overflow: ellipsis; }
.bargauge td { text-align: right; font-weight: 600; }
td.bar { width: 99%; padding: 3px 10px 3px 4px; }
td.bar i { display: block; height: 11px; border-radius: 3px; min-width: 2px; }
.notes { margin-top: 34px; color: #414c5a; max-width: 92ch; }
.notes p { margin: 6px 0; }
@media (max-width: 900px) {
  .grid { grid-template-columns: minmax(0, 1fr); }
  figure { grid-column: auto !important; min-height: 0; }
}
</style>
</head>
<body>
<main>
<div class="top"><h1>$title</h1><span class="badge $tone">$status</span></div>
<p class="lead">$lead</p>
<nav>$links</nav>
$alerts
$boards
<div class="notes">$notes</div>
</main>
</body>
</html>
""")
