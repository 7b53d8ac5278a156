package main

import "golang.org/x/sys/unix"

const termiosOf = unix.TCGETS
