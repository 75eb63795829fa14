// What the conformance suite runs: hermes lists the tools of the server at the URL, its last argument, and calls what the scenario has.
import {Home} from './hermes.mjs';

const home = new Home({suite: {url: process.argv.at(-1)}});
try {
	const args = {add_numbers: {a: 5, b: 3}};
	for (const {name} of home.list('suite')) {
		const {status, stderr, ...result} = home.call(`suite:${name}`, args[name]);
		console.log(name, status, JSON.stringify(result), stderr);
		if (status !== 0) process.exitCode = 1;
	}
} finally {
	home.close();
}
