# SPDX-License-Identifier: GPL-2.0-or-later
"""nuvol-sim says what is wrong with its command line, and shows what it promises.

    command.py NUVOL-SIM
"""

import html.parser
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
TOWNS = EXAMPLES / "towns"
WRONG = [  # words, a part of what it says
    ([], "which command"),
    (["fly"], "no command 'fly'"),
    (["run"], "which town"),
    (["run", "--line"], "takes a value"),
    (["run", "--line", "many"], "'many' is no number"),
    (["run", "--line", "0"], "1 to 30000 nodes"),
    (["run", "--grid", "3x"], "is no grid"),
    (["run", "--grid", "3x3x3"], "is no grid"),
    (["run", "--line", "3", "--time", "1m"], "at least 2m"),
    (["run", "--line", "3", "--time", "2m", "--faults", "storm"], "with faults"),
    (["run", "--line", "3", "--mtu", "1000"], "1280 to 9000"),
    (["run", "--line", "3", "--time", "soon"], "is no time"),
    (["run", "--line", "3", "--seed", "-1"], "is no seed"),
    (["run", "--line", "3", "--faults", "dragons"], "no faults 'dragons'"),
    (["run", "--line", "3", "--clouds", "0"], "1 to 200 clouds"),
    (["run", "--line", "3", "--media", "string"], "wire or radio"),
    (["run", "--line", "3", "--what"], "no option '--what'"),
    (["run", "/nonexistent.json"], "/nonexistent.json"),
    (["run", str(EXAMPLES / "line.town"), "--media", "radio"], "says itself what --media"),
    (["run", "/nonexistent.town"], "/nonexistent.town"),
    (["run", "--line", "3", "--pcap", "/nonexistent"], "cannot write"),
]


def run(program, args):
    return subprocess.run([program, *args], capture_output=True, text=True, timeout=100)


def wrong_words(program):
    for args, part in WRONG:
        done = run(program, args)
        assert done.returncode == 2 and part in done.stderr, (args, done)


def outputs(program, folder):
    args = ["run", "--line", "3", "--clients", "2", "--time", "2m", "--json"]
    args += ["--trace", folder / "trace", "--pcap", folder]
    done = run(program, [str(arg) for arg in args])
    assert done.returncode == 0, done
    report = json.loads(done.stdout)
    assert report["nodes"] == 3 and report["crypto"] == "cheap" and report["violated"] == 0
    assert len(report["digest"]) == 16 and report["figures"]["converged_s"] > 0
    assert "route-set fd70:" in (folder / "trace").read_text()
    assert sorted(path.name for path in folder.glob("*.pcap")) == [
        "segment-0.pcap",
        "segment-1.pcap",
    ]


class Page(html.parser.HTMLParser):
    """What is open is closed in order, and nothing is fetched from anywhere."""

    ALONE = {"meta", "rect", "path"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(text)
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "link", "img", "iframe"), tag
        assert not {"href", "src", "onload"} & {name for name, _ in attrs}, attrs
        self.tags.append(tag)
        text = self.get_starttag_text()
        if not text.endswith("/>") and tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.ALONE or (self.open and self.open[-1] == tag):
            assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


def page(program, folder):
    graph = {"type": "NetworkGraph", "links": [{"source": "a", "target": "b"}]}
    graph["nodes"] = [{"id": "a", "label": "<script>&'\""}, {"id": "b"}]
    (folder / "odd.json").write_text(json.dumps(graph))
    args = ["run", "--time", "4m", "--clients", "2", "--uplinks", "1", "--faults", "restarts"]
    args += ["--json", "--html", folder / "page.html", folder / "odd.json"]
    done = run(program, [str(arg) for arg in args])
    report = json.loads(done.stdout)
    page = Page((folder / "page.html").read_text())
    text = "".join(page.text)
    assert "<script>&'\"" in text and report["digest"] in text and "odd.json" in text
    assert "--uplinks 1 --clients 2 --time 240s --seed 1 --faults restarts" in text
    assert page.tags.count("svg") >= 7, page.tags
    series = report["series"]
    assert series["step_s"] == 1 and all(len(row) == 240 for name, row in series.items()
                                         if name not in ("step_s", "faults"))
    assert series["reached"][-1] == 100 and max(series["faults"]["node restarts"]) > 0
    done = run(program, ["run", "--line", "2", "--time", "2m", "--html", "/nonexistent/page"])
    assert done.returncode == 2 and "/nonexistent/page" in done.stderr


def long_run(program):
    """Of a long run there are not more points than of a short one."""
    done = run(program, ["run", "--line", "2", "--time", "25m", "--network-only", "--json"])
    series = json.loads(done.stdout)["series"]
    assert series["step_s"] == 4 and len(series["reached"]) == 1500 // 4, series["step_s"]
    assert series["reached"][-1] == 100 and series["addressed"][-1] is None


def steps(program):
    args = [program, "run", "--line", "3", "--step", "--trace", "-"]
    done = subprocess.run(args, input="\nwhat\n3\nq\n", capture_output=True, text=True, timeout=100)
    assert done.returncode == 0 and "a number: that many" in done.stderr, done
    lines = done.stdout.splitlines()
    stops = [line.split(",")[0] for line in lines if line.endswith(" violated")]
    assert stops == ["0 s", "1 s", "4 s"], stops
    assert any("route-set" in line for line in lines) and "stopped after          4 s" in done.stdout
    until = run(program, ["run", "--line", "3", "--until", "4"])
    digests = [[x for x in text.splitlines() if x.startswith("digest")]
               for text in (done.stdout, until.stdout)]
    assert digests[0] == digests[1] != [], digests


def shipped(program):
    """The towns that come with us have places, are whole, and can be wired."""
    for path in sorted(TOWNS.glob("*.json")):
        graph = json.loads(path.read_text())
        assert "SYNTHETIC" in graph["label"] and path.name == f"synthetic-{len(graph['nodes'])}.json"
        for media in ("wire", "radio"):
            args = ["run", str(path), "--media", media, "--until", "1", "--json", "--network-only"]
            report = json.loads(run(program, args).stdout)
            assert report["nodes"] == len(graph["nodes"]) and report["links"] == len(graph["links"])


def lab_towns(program):
    """What the lab brings up runs here too, by its own names, and again by the command shown."""
    for path in sorted(EXAMPLES.glob("*.town")):
        report = json.loads(run(program, ["run", str(path), "--time", "2m", "--json"]).stdout)
        text = path.read_text()
        assert report["violated"] == 0 and report["nodes"] == text.count("config node "), report
        assert report["clients"] == text.count("config client ")
    report = run(program, ["run", str(EXAMPLES / "valley.town"), "--until", "1", "--trace", "-"])
    assert " tower " in report.stdout
    bad = run(program, ["run", str(EXAMPLES / "demo" / "demo.scenario")])
    assert bad.returncode == 2


def again(program):
    """Links that lose nearly all are none to the engines: a run that must fail."""
    done = run(program, ["run", "--line", "4", "--loss", "85", "--time", "2m", "--seed", "5"])
    assert done.returncode == 1 and "VIOLATED ways " in done.stdout, done
    words = shlex.split(done.stdout.split("\nagain: ")[1])
    repeated = run(program, words[1:])
    assert words[0] == "nuvol-sim" and repeated.returncode == 1
    digests = [[x for x in out.stdout.splitlines() if x.startswith("digest")] for out in (done, repeated)]
    assert len(digests[0]) == 1 and digests[0] == digests[1], digests


def network_of_json(program, folder):
    graph = {"type": "NetworkGraph", "nodes": [{"id": str(i)} for i in range(5)]}
    graph["links"] = [{"source": str(i), "target": str(i + 1), "cost": 1.0} for i in range(4)]
    (folder / "net.json").write_text(json.dumps(graph))
    done = run(program, ["run", "--json", "--time", "2m", str(folder / "net.json")])
    assert done.returncode == 0 and json.loads(done.stdout)["links"] == 4, done


def main(program):
    with tempfile.TemporaryDirectory(prefix="nuvol-sim-") as name:
        wrong_words(program)
        outputs(program, Path(name))
        page(program, Path(name))
        long_run(program)
        steps(program)
        shipped(program)
        lab_towns(program)
        again(program)
        network_of_json(program, Path(name))
    help_text = run(program, ["--help"])
    checks = run(program, ["checks"])
    assert help_text.returncode == 0 and "storm" in help_text.stdout
    assert checks.returncode == 0 and "no-twins" in checks.stdout


if __name__ == "__main__":
    main(sys.argv[1])
