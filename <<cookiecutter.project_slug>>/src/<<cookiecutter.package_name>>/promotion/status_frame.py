"""Frame and style of the status page: it stands alone, loads nothing and runs nothing."""

from string import Template

FRAME = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title: $status</title>
<style>
body { margin: 0; background: #f6f7f9; color: #1c2430; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 28px 24px 48px; }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; }
h1 { font-size: 26px; margin: 0; }
h2 { font-size: 17px; margin: 34px 0 10px; }
h3 { font-size: 17px; margin: 0; }
p { margin: 0; }
code { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
.badge { border-radius: 999px; padding: 2px 12px; color: #fff; font-weight: 600; font-size: 13px; }
.good .badge, .badge.good { background: #1a7f4b; }
.bad .badge, .badge.bad { background: #c0362c; }
.unsure .badge, .badge.unsure { background: #9a6700; }
.none .badge { background: #66707d; }
.lead { color: #414c5a; margin: 6px 0 20px; }
.quiet { color: #5b6675; font-size: 13px; }
.alert { border-left: 4px solid #c0362c; background: #fdf0ee; border-radius: 6px; margin: 0 0 8px;
  padding: 8px 14px; overflow-wrap: anywhere; }
.line { display: grid; grid-template-columns: repeat($count, minmax(0, 1fr)); gap: 30px; }
.env { position: relative; background: #fff; border: 1px solid #dfe3e8; border-radius: 10px;
  border-top: 4px solid #66707d; padding: 14px 16px; display: flex; flex-direction: column;
  gap: 10px; }
.env.good { border-top-color: #1a7f4b; }
.env.bad { border-top-color: #c0362c; }
.env.unsure { border-top-color: #9a6700; }
.env + .env::before { content: "→"; position: absolute; left: -25px; top: 42px; font-size: 20px;
  line-height: 1; color: #97a1ad; }
.env header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; }
.release { border-radius: 8px; padding: 8px 12px; background: hsl(var(--hue) 60% 94%);
  color: hsl(var(--hue) 65% 24%); }
.release b { display: block; font-size: 24px; line-height: 1.2; }
.empty { border: 1px dashed #b9c1ca; border-radius: 8px; padding: 20px 12px; color: #5b6675;
  text-align: center; }
.split { display: flex; height: 26px; border-radius: 6px; overflow: hidden; font-size: 12px;
  font-weight: 600; line-height: 26px; margin-bottom: 4px; }
.split span { background: hsl(var(--hue) 45% 80%); color: hsl(var(--hue) 70% 18%);
  padding: 0 7px; box-sizing: border-box; min-width: 42px; white-space: nowrap; overflow: hidden; }
.split .mirror { background: repeating-linear-gradient(135deg, hsl(var(--hue) 45% 82%) 0 6px,
  hsl(var(--hue) 45% 90%) 6px 12px); }
.chip { display: inline-block; border-radius: 6px; padding: 0 8px; white-space: nowrap;
  background: hsl(var(--hue) 60% 94%); color: hsl(var(--hue) 65% 24%); }
.next { border-top: 1px solid #edf0f3; padding-top: 9px; overflow-wrap: anywhere; }
.next + .next { border-top: 0; padding-top: 0; }
.scroll { overflow-x: auto; background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px; border-top: 1px solid #edf0f3; vertical-align: top; }
th { color: #5b6675; font-size: 13px; font-weight: 600; border-top: 0; white-space: nowrap; }
.values { table-layout: fixed; min-width: 640px; font-size: 14px; }
.values td { padding: 2px 14px; border-top: 0; overflow-wrap: anywhere; }
.values tbody th { padding-top: 10px; border-top: 1px solid #edf0f3; font-weight: 400; }
.values th:first-child { width: 30%; }
.events td:first-child { white-space: nowrap; }
td.changed { font-weight: 600; }
td.same { color: #6c7681; }
a { color: #1d5fa8; }
@media (max-width: 900px) {
  main { padding: 20px 14px 36px; }
  .line { grid-template-columns: minmax(0, 1fr); gap: 34px; }
  .scroll table { min-width: 760px; }
  .env + .env::before { content: "↓"; left: 50%; top: -30px; }
}
</style>
</head>
<body>
<main>
<div class="top"><h1>$title</h1><span class="badge $tone">$status</span></div>
<p class="lead">$lead</p>
$alerts
<div class="line">$places</div>
$tables
</main>
</body>
</html>
""")
