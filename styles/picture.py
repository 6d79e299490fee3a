"""Draw static/img/share.png, which others show beside a link to the shop (`make picture`).

From the bird itself, in a browser: 1200 by 630, as they want it.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent.parent / "static/img"
PAGE = """
<style>
  * {{ margin: 0 }}
  body {{
    width: 1200px; height: 630px; display: grid; place-items: center;
    background: linear-gradient(115deg, transparent 58%, #0b6476 58.1%, #0b6476 78%,
      transparent 78.1%), #12202b;
  }}
  svg {{ width: 360px; margin-right: 360px }}
  .ink {{ fill: #f4f8fa !important }}
  .wing {{ fill: #5cc6d8 !important }}
  .paper {{ fill: #12202b !important }}
</style>
{bird}
"""

if __name__ == "__main__":
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(PAGE.format(bird=(IMAGES / "magpie.svg").read_text()))
        page.screenshot(path=IMAGES / "share.png")
        browser.close()
