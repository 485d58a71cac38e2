// Puts requests of `leastwise simulate --batch` to @cloud-copilot/iam-simulate.
//
//     node iam_simulate.mjs PACKAGES REQUESTS.jsonl ANSWERS.jsonl SECONDS
//
// PACKAGES is the folder that the package is installed in. Writes one answer a
// request, `null` where its input cannot say it, then prints the microseconds
// of one warm call.
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { resolve } from 'node:path'

const [packages, requests, answers, seconds] = process.argv.slice(2)
const require = createRequire(resolve(packages, 'index.js'))
const { anonymousPrincipal, runSimulation } = require('@cloud-copilot/iam-simulate')

const policy = (given) => (typeof given === 'string' ? JSON.parse(given) : given)
const named = (given) => given.map((one, at) => ({ name: `p${at}`, policy: policy(one) }))
const level = (given) => ({ orgIdentifier: given.level, policies: named(given.policies) })
const values = (given) => (Array.isArray(given) ? given.map(String) : String(given))

// The request as its input, or undefined: one session policy at most, no
// management account, no owner of an object, no credential.
function simulation(line) {
  const { request, settings = {} } = line
  const session = line.sessionPolicies ?? []
  const known = ['s3.blockPublicAccess', 's3.bucketAbacEnabled']
  if (Object.keys(settings).some((name) => !known.includes(name))) return undefined
  if (session.length > 1 || request.credential || 'wildcardOnlyAction' in request) return undefined
  const context = Object.entries(request.context ?? {})
  return {
    request: {
      principal: request.principal === 'anonymous' ? anonymousPrincipal : request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.resourceAccount },
      contextVariables: Object.fromEntries(context.map(([key, all]) => [key, values(all)])),
    },
    identityPolicies: named(line.identityPolicies ?? []),
    serviceControlPolicies: (line.scps ?? []).map(level),
    resourceControlPolicies: (line.rcps ?? []).map(level),
    resourcePolicy: line.resourcePolicy ? policy(line.resourcePolicy) : undefined,
    sessionPolicy: session.length ? policy(session[0]) : undefined,
    permissionBoundaryPolicies: line.permissionBoundaries
      ? named(line.permissionBoundaries)
      : undefined,
    vpcEndpointPolicies: line.vpcEndpointPolicies ? named(line.vpcEndpointPolicies) : undefined,
    additionalSettings: {
      s3: {
        blockPublicAccess: settings['s3.blockPublicAccess'] ?? false,
        bucketAbacEnabled: settings['s3.bucketAbacEnabled'] ?? false,
      },
    },
  }
}

const lines = readFileSync(requests, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l))
const answered = []
const asked = []
for (const line of lines) {
  const input = simulation(line)
  let answer = { id: line.id, decision: null, why: 'its input cannot say this' }
  if (input) {
    const result = await runSimulation(input, {})
    if (result.resultType === 'error') {
      answer.why = result.errors.message
    } else {
      answer = { id: line.id, decision: result.overallResult }
      asked.push(input)
    }
  }
  answered.push(JSON.stringify(answer))
}
writeFileSync(answers, answered.join('\n') + '\n')

// Rounds over everything that it answers, until the time is up; the first one
// above was the warm-up. Processor time: others may be at work on the machine.
const start = performance.now()
const before = process.cpuUsage()
let calls = 0
while (performance.now() - start < Number(seconds) * 1e3) {
  for (const input of asked) await runSimulation(input, {})
  calls += asked.length
}
const { user, system } = process.cpuUsage(before)
console.log(((user + system) / calls).toFixed(1))
