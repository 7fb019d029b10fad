#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page for chatting, in headless Chromium.

    page_test.py lampwick FOLDER      (FOLDER: of make_model.py)
"""
import pathlib
import shutil
import sys

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from server import Checks, Server

check = Checks()
COMMAND, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
LONG = 200000  # tokens


def browser():
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def texts(page, kind):
    return [box.text for box in page.find_elements(By.CSS_SELECTOR, ".message." + kind)]


def wait(page, condition):
    return WebDriverWait(page, 60, poll_frequency=0.01).until(lambda _: condition())


def say(page, text):
    page.find_element(By.ID, "text").send_keys(text, Keys.ENTER)


def idle(page):
    return page.find_element(By.ID, "send").text == "Send"


def set_tokens(page, n):
    page.execute_script("document.getElementById('tokens').value = arguments[0]", n)


def test_chat(page, server):
    page.get(server.url)
    wait(page, lambda: page.find_element(By.ID, "model").text == "bytes")
    set_tokens(page, 20)
    say(page, "Hello")
    wait(page, lambda: idle(page) and "written" in page.find_element(By.ID, "state").text)
    check("question", texts(page, "user") == ["Hello"])
    check("answer", len(texts(page, "assistant")) == 1 and not texts(page, "error"))
    say(page, "And then?")
    wait(page, lambda: len(texts(page, "assistant")) == 2 and idle(page))
    check("two turns", texts(page, "user") == ["Hello", "And then?"])
    check("markup stays text", not page.find_elements(By.CSS_SELECTOR, ".message b"))
    page.find_element(By.ID, "clear").click()
    check("new chat", not page.find_elements(By.CSS_SELECTOR, ".message"))


def test_stop(page, server):
    """An answer of minutes (attention goes through more with each token) is stopped on the way."""
    page.get(server.url)
    wait(page, lambda: page.find_element(By.ID, "model").text == "bytes")
    set_tokens(page, LONG)
    before = server.metric("lampwick_clients_lost_total")
    say(page, "<b>Go on</b>")
    wait(page, lambda: page.execute_script(
        "return document.querySelector('.assistant').textContent.length"))
    check("under way", server.metric("lampwick_slots_busy") == 1 and not idle(page))
    page.find_element(By.ID, "send").click()
    wait(page, lambda: idle(page) and server.metric("lampwick_slots_busy") == 0)
    wait(page, lambda: server.metric("lampwick_clients_lost_total") > before)
    check("stopped", texts(page, "user") == ["<b>Go on</b>"] and not texts(page, "error"))


def test_error(page):
    set_tokens(page, 10**6)
    say(page, "Hello")
    wait(page, lambda: texts(page, "error"))
    check("error", "context" in texts(page, "error")[0], texts(page, "error"))


def test_key(page):
    with Server(COMMAND, [str(FOLDER / "bytes.gguf")], "--quiet", key="secret") as server:
        page.get(server.url)
        page.find_element(By.CSS_SELECTOR, "summary").click()
        page.find_element(By.ID, "key").send_keys("secret", Keys.TAB)
        wait(page, lambda: page.find_element(By.ID, "model").text == "bytes")
        set_tokens(page, 5)
        say(page, "Hello")
        wait(page, lambda: "written" in page.find_element(By.ID, "state").text)
        check("with a key", not texts(page, "error"))


def main():
    if not shutil.which("chromedriver"):
        print("skipped: there is no chromedriver")
        return
    page = browser()
    try:
        with Server(COMMAND, [str(FOLDER / "bytes.gguf")], "--quiet") as server:
            test_chat(page, server)
            test_error(page)
            console = [line for line in page.get_log("browser")
                       if line["level"] == "SEVERE" and "400" not in line["message"]]
            check("console", not console, console)
        with Server(COMMAND, [str(FOLDER / "bytes.gguf")], "--quiet", "--slots", "1",
                    "--context", str(LONG + 1000)) as server:
            test_stop(page, server)
        test_key(page)
    finally:
        page.quit()
    check.end()


main()
