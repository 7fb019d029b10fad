#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wasm/example.html in headless Chromium: a digit is drawn, a language model goes on with a text.

    page_test.py BUILD [TINYSTORIES]      (BUILD: a folder below the repository's)
"""
import http.server
import pathlib
import shutil
import sys
import threading

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map,
                      ".mjs": "text/javascript", ".wasm": "application/wasm"}

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=ROOT)

    def log_message(self, *_):
        pass


def browser():
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def main(build, stories=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page, faults = browser(), []

    def check(what, good):
        print("ok" if good else "not ok", what)
        if not good:
            faults.append(what)

    def wait(condition):
        return WebDriverWait(page, 60, poll_frequency=0.02).until(lambda _: condition())

    def text_of(name):
        return page.find_element(By.ID, name).text

    try:
        page.get(f"http://127.0.0.1:{server.server_port}/wasm/example.html"
                 f"?module=../{build}/lampwick-module.wasm")
        wait(lambda: page.execute_script("return document.body.dataset.ready"))
        canvas = page.find_element(By.ID, "image")
        stroke = ActionChains(page).move_to_element_with_offset(canvas, 0, -110).click_and_hold()
        for y in range(-90, 120, 20):
            stroke.move_to_element_with_offset(canvas, 0, y)
        stroke.release().perform()
        check("a vertical stroke is a 1", text_of("digit").startswith("1 "))
        if stories:
            stories = pathlib.Path(stories).resolve()
            golden = stories / "golden" / "llama2c-run-stories260K-t0-n256.txt"
            page.find_element(By.ID, "file").send_keys(str(stories / "gguf" / "stories260K-f32.gguf"))
            wait(lambda: text_of("text") == "llama, 512 tokens")
            page.find_element(By.ID, "write").click()
            wait(lambda: page.execute_script("return document.body.dataset.done"))
            text = page.execute_script("return document.getElementById('text').textContent")
            check("the text is llama2.c's", len(text) > 200 and golden.read_text().startswith(text))
        errors = [e["message"] for e in page.get_log("browser")
                  if e["level"] == "SEVERE" and "favicon" not in e["message"]]
        check(f"no errors {errors}", not errors)
    finally:
        page.quit()
        server.shutdown()
    sys.exit(1 if faults else 0)


main(*sys.argv[1:])
