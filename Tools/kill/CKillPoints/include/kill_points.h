#pragma once

// Ends a process at one of the calls by which it changes files. Loaded before other libraries (LD_PRELOAD), it stands in
// for write, pwrite, ftruncate, rename, link, unlink, mkdir and rmdir; the environment says when:
//
//   KILL_POINTS_FOLDER  calls on what lies in it count, by an absolute path
//   KILL_POINTS_PART    only those whose path has this in it, behind the folder's own; empty: all
//   KILL_POINTS_AT      the call that the process dies at, from 0; absent: it lives
//   KILL_POINTS_SHARE   how much of that call is done before, in thousandths: bytes of a write; others are done from 500 on
//   KILL_POINTS_LOG     a file that takes each call that counts, one path a line
