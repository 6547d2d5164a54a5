// SPDX-License-Identifier: Apache-2.0
//
// The official clients against the test server: what they are content with is a server for ours.
const assert = require("node:assert");

const [node, which] = process.argv.slice(2);
const documents = [...Array(23).keys()].map((n) => ({ id: `doc-${n}`, text: `document ${n} ü\n` }));

// `key` is what the client calls the lines of a request.
async function prove(client, key, index) {
  const bulk = async (...lines) => {
    const answer = await client.bulk({ [key]: lines });
    return answer.body ?? answer;
  };
  const stats = await client.helpers.bulk({
    datasource: documents.slice(),
    flushBytes: 400,
    concurrency: 1,
    wait: 50,
    onDocument: (document) => ({ create: { _index: index, _id: document.id } }),
    onDrop: (dropped) => assert.fail(`dropped ${JSON.stringify(dropped)}`),
  });
  assert.equal(stats.failed, 0);
  assert.equal(stats.successful, documents.length);
  assert.ok(stats.retry > 0, "nothing was tried again");

  const again = await bulk({ create: { _index: index, _id: "doc-1" } }, { a: 1 });
  assert.equal(again.errors, true);
  assert.equal(again.items[0].create.status, 409);
  const upper = await bulk({ create: { _index: "Proof" } }, { a: 1 });
  assert.equal(upper.items[0].create.error.type, "invalid_index_name_exception");
  await assert.rejects(bulk({ create: { _index: index } }), (error) => error.statusCode === 400);
  await assert.rejects(bulk({ make: { _index: index } }, { a: 1 }), (error) => error.statusCode === 400);
  console.log(`${which}: ${stats.successful} documents, ${stats.retry} tried again`);
}

const clients = {
  elasticsearch: () => [new (require("@elastic/elasticsearch").Client)({ node }), "operations"],
  opensearch: () => [new (require("@opensearch-project/opensearch").Client)({ node }), "body"],
};

prove(...clients[which](), "proof").catch((error) => {
  console.error(error);
  process.exit(1);
});
