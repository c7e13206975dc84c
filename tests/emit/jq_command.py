"""The part of jq's command line that emitted scripts use, over its library: the tests bring it, whatever the machine has."""

import argparse
import json
import sys

import jq

parser = argparse.ArgumentParser()
parser.add_argument("-r", action="store_true", help="texts without quotes")
parser.add_argument("-e", action="store_true", help="fail where the last answer is null or false")
parser.add_argument("-n", action="store_true", help="no input")
parser.add_argument("--argjson", nargs=2, action="append", default=[], metavar=("NAME", "JSON"))
parser.add_argument("program")
options = parser.parse_args()

program = jq.compile(options.program, args={name: json.loads(value) for name, value in options.argjson})
answers = (program.input_value(None) if options.n else program.input_text(sys.stdin.read())).all()
for answer in answers:
    print(answer if options.r and isinstance(answer, str) else json.dumps(answer))
if options.e and (not answers or answers[-1] in (None, False)):
    sys.exit(1)
