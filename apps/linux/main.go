// sms ACCOUNT PASSWORD TO FROM MESSAGE PRIO: the manual's "EXE application", as one file for Linux.
// It does and says what src/kavle/smsapp does, and tests/journey/test_sms_app.py holds both to it.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

const (
	usage   = `sms ACCOUNT PASSWORD TO FROM "MESSAGE" PRIO`
	leastID = 1000 // the manual: "if the return value is below 1000 it is an error code"
)

//go:embed help.txt
var help string

// What ends the program without an id: nothing came of the call.
type trouble string

func (t trouble) Error() string { return string(t) }

func troublef(format string, values ...any) error { return trouble(fmt.Sprintf(format, values...)) }

func main() { os.Exit(run(os.Args[1:])) }

func run(arguments []string) int {
	if len(arguments) == 0 {
		os.Stderr.WriteString(help)
		return 2
	}
	if len(arguments) == 1 && (arguments[0] == "--help" || arguments[0] == "-h") {
		os.Stdout.WriteString(help)
		return 0
	}
	if wrong := wrongUsage(len(arguments)); wrong != "" {
		fmt.Fprintf(os.Stderr, "sms: %s\n\n  %s\n\nsms --help tells more.\n", wrong, usage)
		return 2
	}
	code, err := send(arguments)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sms: %s.\n", err)
	}
	return code
}

func wrongUsage(count int) string {
	names := []string{"ACCOUNT", "PASSWORD", "TO", "FROM", "MESSAGE", "PRIO"}
	switch {
	case count > len(names):
		return fmt.Sprintf(`%d arguments instead of 6: put the message in quotation marks, "like this".`, count)
	case count < len(names):
		return fmt.Sprintf("missing: %s.", strings.Join(names[count:], ", "))
	}
	return ""
}

// What the process exits with, and why if there is no answer.
func send(a []string) (int, error) {
	address, err := findAddress()
	if err != nil {
		return 1, err
	}
	password := a[1]
	if password == "-" {
		if password, err = readPassword(); err != nil {
			return 1, err
		}
	}
	answer, err := call(address, "sms", []parameter{
		{"konto", a[0]}, {"passwd", password}, {"till", a[2]}, {"from", a[3]}, {"meddelande", a[4]}, {"prio", a[5]},
	})
	if err != nil {
		return 1, err
	}
	number, err := strconv.ParseUint(answer, 10, 63)
	switch {
	case err != nil:
		return 1, notAGateway(address, 200)
	case number >= leastID:
		fmt.Println(answer)
		return 0, nil
	}
	meaning, err := call(address, "beskrivning", []parameter{{"Id", answer}})
	if errors.As(err, new(trouble)) { // the code alone has to do
		meaning = ""
	}
	fmt.Println(strings.TrimSpace(answer + " " + meaning))
	return 1, nil
}
