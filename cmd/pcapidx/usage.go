package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pcapidx/query"
)

// flagError turns what is wrong with the flags of a command line into a bad request, and
// names the flag that is nearest to an unknown one.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return usageError(c, err)
	}
	written, name := "--"+unknown.GetSpecifiedName(), unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); letters != "" {
		written, name = "-"+letters, letters
	}
	hint := usageHint(c)
	if like := nearestFlag(c, name); like != "" {
		hint = "did you mean --" + like + "? " + hint
	}
	return &query.Error{Kind: query.BadRequest, Msg: fmt.Sprintf("unknown flag %q", written), Hint: hint, Err: err}
}

// nearestFlag gives the flag of a command that is meant by a name which is near it, or was
// written with one dash.
func nearestFlag(c *cobra.Command, name string) string {
	if len(name) == 1 {
		return ""
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if slices.Contains(known, name) {
		return name
	}
	return query.Nearest(name, known)
}

// usageError turns what cobra says of a command line into a bad request.
func usageError(c *cobra.Command, err error) error {
	return &query.Error{Kind: query.BadRequest, Msg: err.Error(), Hint: usageHint(c), Err: err}
}

func usageHint(c *cobra.Command) string {
	hint := fmt.Sprintf("`%s --help` shows what there is", c.CommandPath())
	if c.HasParent() {
		hint = "usage: " + c.UseLine() + "; " + hint
	}
	return hint
}

// unknownCommand refuses arguments of the program itself: they are commands
// that do not exist.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := fmt.Sprintf("`%s --help` lists the commands", c.CommandPath())
	if like := c.SuggestionsFor(args[0]); len(like) > 0 {
		hint = "did you mean " + strings.Join(like, " or ") + "? " + hint
	}
	return &query.Error{Kind: query.BadRequest, Msg: fmt.Sprintf("unknown command %q", args[0]), Hint: hint}
}

// helpTopic refuses `help` of a command that does not exist.
func helpTopic(c *cobra.Command, args []string) error {
	found, rest, err := c.Root().Find(args)
	if err == nil && found == c.Root() {
		return unknownCommand(found, rest)
	}
	return err
}

// explainArguments makes wrong arguments of c and the commands below it usage
// errors.
func explainArguments(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			var own *query.Error
			if err == nil || errors.As(err, &own) {
				return err
			}
			return usageError(c, err)
		}
	}
	for _, below := range c.Commands() {
		explainArguments(below)
	}
}
