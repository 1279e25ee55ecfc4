#!/bin/sh
# Scores short sentences: the share of a completion's sentences that have at most six words.
#
# A request a line comes in, an answer a line goes out (docs/objectives.md). A sentence that is not finished counts when
# it is too long already; where nothing counts, the score is 0.
set -f
while IFS= read -r line; do
  id=${line#*:}
  id=${id%%,*}
  text=${line#*'"completion":"'}
  text=${text%%'","prompt":"'*}
  all=0 good=0 words=0
  for word in $text; do
    words=$((words + 1))
    case $word in
      *. | *! | *\? | *.\\\" | *!\\\" | *\?\\\")
        all=$((all + 1))
        if [ $words -le 6 ]; then good=$((good + 1)); fi
        words=0
        ;;
    esac
  done
  if [ $words -gt 6 ] || [ $all -eq 0 ]; then all=$((all + 1)); fi
  echo "{\"id\":$id,\"score\":$((1000 * good / all))e-3}"
done
