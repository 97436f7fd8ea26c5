export default { schema: '../schema.graphql', documents: 'src/app/**/*.graphql' };
