"""Renders chat templates with transformers' `apply_chat_template`.

make_goldens.py --out FOLDER              the goldens of Packages/Tokenizer
make_goldens.py --random COUNT SEED       random small templates, for `CHAT_CASES`, on standard output
make_goldens.py --templates FOLDER        templates of one's own (*.jinja) over all conversations, likewise
"""

import argparse
import datetime
import json
import logging
import pathlib
import signal

import jinja2
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

import constructs
import conversations

FOLDER = pathlib.Path(__file__).parent


class Clock(datetime.datetime):
    """The time that `strftime_now` sees."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 31, 16, 0, 0)


chat_template_utils.datetime = Clock
logging.getLogger("transformers").setLevel(logging.ERROR)
TOKENIZER = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))


def outcome(template, context):
    """The rendered text, or how it failed. None: it prints an address, or takes too long to compare."""
    try:
        signal.alarm(5)
        text = TOKENIZER.apply_chat_template(
            context["messages"],
            tools=context.get("tools"),
            documents=context.get("documents"),
            chat_template=template,
            add_generation_prompt=context.get("add_generation_prompt", False),
            tokenize=False,
            **context.get("variables", {}),
        )
        text.encode()
    except jinja2.exceptions.TemplateError as error:
        if type(error) is jinja2.exceptions.TemplateError:
            return {"refused": str(error)}
        return {"failed": type(error).__name__}
    except TimeoutError:
        return None
    except Exception as error:
        return {"failed": type(error).__name__}
    finally:
        signal.alarm(0)
    return None if " at 0x" in text or "<bound method" in text or len(text) > 200_000 else text


def stop(*_):
    raise TimeoutError


def cases(templates, contexts, pairs):
    rows = [(name, index, outcome(templates.get(name, name), contexts[index])) for name, index in pairs]
    return {"templates": templates, "contexts": contexts, "cases": [row for row in rows if row[2] is not None]}


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{path}: {len(value['cases'])} cases")


def over_conversations(folder):
    # Not read_text: line ends matter.
    templates = {path.stem: path.read_bytes().decode() for path in sorted(folder.glob("*.jinja"))}
    contexts = conversations.contexts()
    return cases(templates, contexts, [(name, index) for name in templates for index in range(len(contexts))])


def small(templates):
    return cases({}, [conversations.small_context()], [(template, 0) for template in templates])


def main():
    signal.signal(signal.SIGALRM, stop)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--random", type=int, nargs=2, metavar=("COUNT", "SEED"))
    parser.add_argument("--templates", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.out:
        write(arguments.out / "conversations.json", over_conversations(FOLDER / "templates"))
        write(arguments.out / "constructs.json", small(constructs.all_constructs()))
    if arguments.random:
        count, seed = arguments.random
        generator = constructs.Random(seed)
        print(json.dumps(small([generator.template() for _ in range(count)])))
    if arguments.templates:
        print(json.dumps(over_conversations(arguments.templates)))


if __name__ == "__main__":
    main()
