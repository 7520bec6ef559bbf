package main

import (
	"bufio"
	"io"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// One line of standard input; on a terminal it is asked for, and not shown.
func readPassword() (string, error) {
	var shown syscall.Termios
	if control(syscall.TCGETS, &shown) {
		os.Stderr.WriteString("Password: ")
		hidden := shown
		hidden.Lflag &^= syscall.ECHO
		control(syscall.TCSETS, &hidden)
		defer os.Stderr.WriteString("\n")
		defer control(syscall.TCSETS, &shown)
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err == io.EOF && line == "" {
		return "", trouble("no password came on standard input")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// Whether standard input is a terminal, and takes or tells its state.
func control(request uintptr, state *syscall.Termios) bool {
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, os.Stdin.Fd(), request, uintptr(unsafe.Pointer(state)))
	return failed == 0
}
