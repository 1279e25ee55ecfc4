#!/bin/sh
# Writes train.jsonl and test.jsonl: beginnings of stories, no name or thing of one file in the other.
set -e
cd "$(dirname "$0")"
write() {
  for name in $1; do
    for thing in $2; do
      for place in $3; do
        printf '{"opening":"One day, %s found a %s in the %s.","answer":"It was fun."}\n' "$name" "$thing" "$place"
      done
    done
  done
}
write "Lily Tom Ben Sue Max Anna" "ball box toy cat hat stick book bird" "park garden house forest room" > train.jsonl
write "Tim Mia Sam Lucy Jack" "dog doll car flower frog stone cake boat" "yard woods kitchen tree pond" > test.jsonl
