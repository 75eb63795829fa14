package provider

import (
	"os"
	"os/user"
	"path/filepath"
)

// Home is the folder of config.yaml, .env and auth.json: $HERMES_HOME, else .hermes in the home folder of the user. Where HOME is
// not set (cron, CI, a container) the system's list of users tells that folder. Where that does not know it either there is no
// home: one in the working folder would put keys among the files of a project. The error has class config.
func Home(getenv func(string) string) (string, error) {
	if h := getenv("HERMES_HOME"); h != "" {
		return h, nil
	}
	return userHome(os.UserHomeDir, user.Current)
}

func userHome(variable func() (string, error), account func() (*user.User, error)) (string, error) {
	if dir, err := variable(); err == nil && filepath.IsAbs(dir) {
		return filepath.Join(dir, ".hermes"), nil
	}
	if u, err := account(); err == nil && filepath.IsAbs(u.HomeDir) {
		return filepath.Join(u.HomeDir, ".hermes"), nil
	}
	return "", failf("config", "there is no home folder: HOME is not set, and the system knows none for this user; set HOME or HERMES_HOME")
}
