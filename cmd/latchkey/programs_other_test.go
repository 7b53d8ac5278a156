//go:build !unix

package main

func unixPrograms(map[string]func()) {}
