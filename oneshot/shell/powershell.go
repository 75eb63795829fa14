package shell

import (
	"fmt"
	"strings"
)

// powershell is the script for PowerShell. Where it offers nothing, PowerShell offers files. Its tables are switch statements, since a
// hash table there does not tell -q from -Q.
func powershell(root Command) string {
	var known, values, words strings.Builder
	for _, l := range levels(root, nil) {
		at := strings.Join(append([]string{""}, l.path...), " ")
		if len(l.path) > 0 {
			fmt.Fprintf(&known, "      %s { $at = $_ }\n", psQuoted(at))
		}
		for _, f := range l.flags {
			if len(f.Values) == 0 && f.Placeholder == "" {
				continue
			}
			names := []string{"--" + f.Long}
			if f.Short != "" {
				names = append(names, "-"+f.Short)
			}
			for _, name := range names {
				fmt.Fprintf(&values, "    %s { $offer = %s }\n", psQuoted(at+" "+name), psQuoted(strings.Join(f.Values, " ")))
			}
		}
		fmt.Fprintf(&words, "      %s { $offer = %s }\n", psQuoted(at), psQuoted(strings.Join(l.words, " ")))
	}
	return fmt.Sprintf(`# PowerShell completion of %[1]s: %[1]s completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName %[1]s -ScriptBlock {
  param($word, $line, $cursor)
  $words = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.Extent.Text })
  $at = ''
  foreach ($w in $words) {
    switch -CaseSensitive ("$at $w") {
%[2]s    }
  }
  $offer = $null
  $prev = if ($words.Count -gt 0) { $words[-1] } else { '' }
  switch -CaseSensitive ("$at $prev") {
%[3]s  }
  if ($null -eq $offer) {
    switch -CaseSensitive ($at) {
%[4]s    }
  }
  $offer -split ' ' | Where-Object { $_ -and $_.StartsWith($word) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`, root.Name, known.String(), values.String(), words.String())
}

func psQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
