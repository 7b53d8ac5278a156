//go:build race && unix

package main

// raceDetector says that the programs are slow.
const raceDetector = true
