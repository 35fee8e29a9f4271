"""Writes keys into secrets that are there, and leaves their other keys as they are.

    secret_keys.py fill < {"<secret>": {"<key>": "<kind>"}}    draws a value for each key that is missing
    secret_keys.py set SECRET KEY < value                      one value, which a person has chosen

Values go to the AWS command line through a pipe: they are in no argument, no message and no file.
"""

import base64
import getpass
import json
import os
import subprocess
import sys

# By the kinds of modules/secrets_manager/catalogue.tf. A name begins with a letter, which databases and
# directories want.
DRAW = {
    "fernet": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "name": lambda: "u" + os.urandom(6).hex(),
    "password": lambda: os.urandom(16).hex(),
}


class Problem(Exception):
    """What is wrong with one secret; never any of its values."""


def aws(operation, secret, *options, stdin=None):
    command = ["aws", "--region", os.environ["SECRETS_REGION"], "secretsmanager", operation]
    return subprocess.run(
        [*command, "--secret-id", secret, "--output", "json", *options],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def read(secret):
    """The keys and values that a secret has now; none when nothing was ever written to it."""
    answer = aws("get-secret-value", secret)
    if answer.returncode:
        if "ResourceNotFoundException" not in answer.stderr:
            raise Problem(answer.stderr.strip())
        if aws("describe-secret", secret).returncode:
            raise Problem("it does not exist: `make tf-apply LAYER=foundation` creates it")
        return {}
    try:
        value = json.loads(json.loads(answer.stdout)["SecretString"])
    except (KeyError, ValueError):
        # Without the cause, whose message has the text that it could not read.
        raise Problem("it is not a JSON object, and is not changed") from None
    if not isinstance(value, dict):
        raise Problem("it is not a JSON object, and is not changed")
    return value


def write(secret, value):
    answer = aws("put-secret-value", secret, "--secret-string", "file:///dev/stdin", stdin=json.dumps(value))
    if answer.returncode:
        message = answer.stderr.strip()
        for hidden in value.values():
            message = message.replace(str(hidden), "***")
        raise Problem(message)


def fill(secret, kinds):
    value = read(secret)
    missing = [key for key in kinds if key not in value]
    if missing:
        write(secret, value | {key: DRAW[kinds[key]]() for key in missing})
        say(f"{secret}: drew {', '.join(missing)}")
    return bool(missing)


def set_one(secret, key):
    if sys.stdin.isatty():
        new = getpass.getpass(f"{key}: ")
    else:
        new = sys.stdin.read().removesuffix("\n")
    if not new:
        raise Problem(f"there is no value for {key} on standard input")
    value = read(secret)
    if not value:
        raise Problem("it has no values yet: `make eks-secrets` draws them")
    if key not in value:
        raise Problem(f"it has no key {key}: it has {', '.join(sorted(value))}")
    write(secret, value | {key: new})
    say(f"{secret}: set {key}")


def say(text):
    print(f"eks: {text}", file=sys.stderr)


def main():
    problems = []

    def attempt(action, secret, *rest):
        try:
            return action(secret, *rest)
        except Problem as problem:
            problems.append(f"error: {secret}: {problem}")
            return False

    if sys.argv[1] == "set":
        attempt(set_one, *sys.argv[2:])
    else:
        catalogue = json.load(sys.stdin)
        drawn = [attempt(fill, secret, kinds) for secret, kinds in sorted(catalogue.items())]
        if not any(drawn) and not problems:
            say(f"{len(catalogue)} secrets have all their keys")
    for problem in problems:
        say(problem)
    return 1 if problems else 0


sys.exit(main())
